import { useState } from 'react';
import { messageOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import type { DiscoveryScan } from '../../api/types';
import { findingOrder, findingStatus } from '../../lib/status';
import { usePageState, useUrlState } from '../../lib/url';
import { count, groups } from '../../lib/words';
import { DataTable } from '../../ui/DataTable';
import { Button, Chip, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { StatusMark } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { toneTint } from '../../ui/tones';
import { resultColumns } from './columns';
import { isOpen, type ResultFilter, registrable, useResults } from './queries';
import { Register } from './Register';
import { foundIn } from './words';

/** Everything that accepts connections, by kind; machines without a host can be registered. */
export function Results({ scan }: { scan: DiscoveryScan }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [registering, setRegistering] = useState(false);
  const mayRegister = useMay('discovery.scan');
  const filter = filterFrom(get);
  const results = useResults(scan.id, { ...filter, page: at.page, page_size: at.pageSize }, scan);
  const filtered = Boolean(filter.q || filter.kind);
  return (
    <Panel flush>
      <Stack direction="row" sx={{ p: 1.5, gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
        <SearchField
          label="Search results"
          value={get('q')}
          onChange={(q) => set({ q, page: undefined })}
        />
        <Kinds
          scan={scan}
          chosen={filter.kind ?? []}
          onChange={(kind) => set({ kind, page: '' })}
        />
      </Stack>
      {mayRegister && (
        <Choose
          scan={scan}
          filter={filter}
          selected={selected}
          onSelect={setSelected}
          onRegister={() => setRegistering(true)}
        />
      )}
      <DataTable
        label="Results"
        columns={resultColumns}
        rows={results.data?.items}
        total={results.data?.total ?? 0}
        rowId={(r) => r.address}
        at={at}
        onChange={setAt}
        busy={results.isPlaceholderData && !isOpen(scan)}
        problem={problemOf(results)}
        selected={selected}
        onSelect={mayRegister ? setSelected : undefined}
        isSelectable={(r) => r.registrable}
        empty={
          <Nothing
            scan={scan}
            filtered={filtered}
            onClear={() => set({ q: '', kind: '', page: '' })}
          />
        }
      />
      {registering && (
        <Register
          scan={scan}
          addresses={[...selected]}
          onClose={(done) => {
            setRegistering(false);
            if (done) setSelected(new Set());
          }}
        />
      )}
    </Panel>
  );
}

function filterFrom(get: (name: string) => string): ResultFilter {
  const words = get('kind').split(',');
  const kind = findingOrder.filter((each) => words.includes(each));
  return { q: get('q') || undefined, kind: kind.length > 0 ? kind : undefined };
}

type Kind = (typeof findingOrder)[number];

/** One chip for each kind that was found, with its count; a click filters. */
function Kinds(props: { scan: DiscoveryScan; chosen: Kind[]; onChange: (kind: string) => void }) {
  const shown = findingOrder.filter((k) => props.scan.found[k] > 0 || props.chosen.includes(k));
  return shown.map((kind) => {
    const status = findingStatus(kind);
    const on = props.chosen.includes(kind);
    const next = on ? props.chosen.filter((k) => k !== kind) : [...props.chosen, kind];
    return (
      <Chip
        key={kind}
        size="small"
        icon={
          <span style={{ paddingLeft: 6 }}>
            <StatusMark status={status} />
          </span>
        }
        label={`${status.label} ${groups(props.scan.found[kind])}`}
        variant={on ? 'filled' : 'outlined'}
        aria-pressed={on}
        onClick={() => props.onChange(next.join(','))}
      />
    );
  });
}

function Choose(props: {
  scan: DiscoveryScan;
  filter: ResultFilter;
  selected: Set<string>;
  onSelect: (all: Set<string>) => void;
  onRegister: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const n = props.selected.size;
  const all = async () => {
    setBusy(true);
    try {
      props.onSelect(new Set(await registrable(props.scan.id, props.filter)));
    } catch (error) {
      notify(messageOf(error), 'error');
    } finally {
      setBusy(false);
    }
  };
  if (foundIn(props.scan) === 0) return null;
  return (
    <Stack
      direction="row"
      role="region"
      aria-label="Chosen machines"
      sx={{
        px: 2,
        py: 1,
        gap: 1,
        alignItems: 'center',
        background: n > 0 ? toneTint('running') : undefined,
      }}
    >
      <span aria-live="polite">
        {n > 0 ? `${count(n, 'machine')} chosen` : 'Choose machines to register them as hosts.'}
      </span>
      <Button onClick={() => void all()} loading={busy}>
        Choose all that are no host yet
      </Button>
      <Stack direction="row" sx={{ gap: 1, ml: 'auto' }}>
        {n > 0 && <Button onClick={() => props.onSelect(new Set())}>Clear</Button>}
        <Button variant="contained" disabled={n === 0} onClick={props.onRegister}>
          {n > 0 ? `Register ${count(n, 'host')}…` : 'Register…'}
        </Button>
      </Stack>
    </Stack>
  );
}

function Nothing(props: { scan: DiscoveryScan; filtered: boolean; onClear: () => void }) {
  if (props.filtered) {
    return (
      <EmptyState
        title="No result matches"
        action={
          <Button variant="outlined" onClick={props.onClear}>
            Clear the filter
          </Button>
        }
      />
    );
  }
  if (isOpen(props.scan)) {
    return (
      <EmptyState title="Nothing found yet">
        Whatever accepts connections appears here while the scan goes on.
      </EmptyState>
    );
  }
  return (
    <EmptyState title={`Nothing accepts connections on port ${props.scan.port}`}>
      An agent listens only once it is enrolled. If you expected one here, check the port, a
      firewall on the way, and whether the manager's own machine reaches this network.
    </EmptyState>
  );
}
