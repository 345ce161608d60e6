import { useState } from 'react';
import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import { deployTo, paths } from '../../lib/paths';
import { usePageState, useUrlState } from '../../lib/url';
import { count, groups } from '../../lib/words';
import { ColumnChooser, DataTable, useHiddenColumns } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Alert, Button } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { EmptyState } from '../../ui/states';
import { BulkBar } from './BulkBar';
import { hostColumns } from './columns';
import { FilterChips } from './FilterChips';
import { filterFrom, isFiltered, noFilter } from './filter';
import { otherParts } from './filterWords';
import { HostFilters } from './HostFilters';
import { ListActions } from './ListActions';
import { MoreFilters } from './MoreFilters';
import { NothingMatches } from './NothingMatches';
import { useHostFacets, useHosts, usePendingEnrollments } from './queries';
import { SavedViews } from './SavedViews';

/** Which hosts, in what state, missing what, seen when? */
export default function HostsPage() {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState({ sort: 'name', order: 'asc' });
  const filter = filterFrom(get);
  const hosts = useHosts({ ...filter, ...sortOf(at), page: at.page, page_size: at.pageSize });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [everything, setEverything] = useState(false);
  const [hidden, toggleColumn, showColumns] = useHiddenColumns('pm-hosts-columns-2', hostColumns);
  const facets = useHostFacets(filter).data;
  const [more, setMore] = useState(() => otherParts(filter).length > 0);
  const total = hosts.data?.total ?? 0;
  const change = (values: Record<string, string | undefined>) => {
    setEverything(false);
    set({ ...values, page: undefined });
  };
  const mayAdd = useMay('hosts.manage');
  const mayDeploy = useMay('fleet.operate');
  const clearSelection = () => {
    setSelected(new Set());
    setEverything(false);
  };
  return (
    <>
      <PageHeader
        title="Hosts"
        subtitle={
          hosts.data ? `${count(total, 'host')}${isFiltered(filter) ? ' match' : ''}` : 'Loading'
        }
        actions={
          <>
            <ListActions filter={{ ...filter, ...sortOf(at) }} />
            {mayAdd && (
              <LinkButton to={paths.addHost} variant="outlined">
                Add host
              </LinkButton>
            )}
            {mayDeploy && (
              <LinkButton to={deployTo({ filter: 'pending=security' })} variant="contained">
                Deploy
              </LinkButton>
            )}
          </>
        }
      />
      <PendingBanner />
      <Panel flush>
        <HostFilters
          facets={facets}
          get={get}
          set={change}
          end={
            <>
              <Button aria-expanded={more} onClick={() => setMore(!more)}>
                {more ? 'Fewer filters' : 'More filters'}
              </Button>
              <SavedViews
                id={get('view')}
                shown={{
                  filter,
                  sort: sortOf(at).sort,
                  order: at.order ?? 'asc',
                  columns: hostColumns.flatMap((c) => (hidden.has(c.key) ? [] : [c.key])),
                }}
                set={change}
                showColumns={showColumns}
              />
              <ColumnChooser columns={hostColumns} hidden={hidden} onToggle={toggleColumn} />
            </>
          }
        />
        {more && <MoreFilters facets={facets} get={get} set={change} />}
        <FilterChips filter={filter} onDrop={(name) => change({ [name]: '' })} />
        {(selected.size > 0 || everything) && (
          <BulkBar
            selected={selected}
            everything={everything}
            total={total}
            filter={filter}
            onEverything={() => setEverything(true)}
            onClear={clearSelection}
          />
        )}
        <DataTable
          label="Hosts"
          columns={hostColumns}
          hiddenColumns={hidden}
          rows={hosts.data?.items}
          total={total}
          rowId={(host) => host.id}
          at={at}
          onChange={setAt}
          busy={hosts.isPlaceholderData}
          problem={problemOf(hosts)}
          selected={selected}
          onSelect={(ids) => {
            setSelected(ids);
            setEverything(false);
          }}
          empty={
            isFiltered(filter) ? (
              <NothingMatches
                filter={filter}
                groupName={(id) => facets?.groups.find((g) => g.id === id)?.name ?? id}
                onDrop={(name) => change({ [name]: '' })}
                onClear={() => change({ ...noFilter, view: '' })}
              />
            ) : (
              <NoHosts />
            )
          }
        />
      </Panel>
    </>
  );
}

const sortable = [
  'name',
  'state',
  'state_since',
  'os',
  'agent_version',
  'pending',
  'security',
  'critical',
  'last_seen',
  'certificate',
  'reboot',
  'enrolled_at',
] as const;

function sortOf(at: { sort?: string; order?: 'asc' | 'desc' }) {
  return { sort: sortable.find((key) => key === at.sort) ?? 'name', order: at.order };
}

function NoHosts() {
  const mayAdd = useMay('hosts.manage');
  return (
    <EmptyState
      title="No hosts yet"
      action={
        mayAdd && (
          <LinkButton variant="contained" to={paths.addHost}>
            Add a host
          </LinkButton>
        )
      }
    >
      {mayAdd
        ? 'Install the agent on a machine and let it enroll itself.'
        : 'No host is in your groups. An administrator adds hosts and decides about groups.'}
    </EmptyState>
  );
}

function PendingBanner() {
  const waiting = usePendingEnrollments().data?.total ?? 0;
  if (waiting === 0) return null;
  return (
    <Alert severity="info" variant="outlined" sx={{ mb: 2 }}>
      {groups(waiting)} {waiting === 1 ? 'machine asks' : 'machines ask'} to be enrolled.{' '}
      <Link to={paths.enrollment}>Look at the evidence and decide</Link>
    </Alert>
  );
}
