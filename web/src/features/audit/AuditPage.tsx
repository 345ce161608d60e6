import { useState } from 'react';
import { problemOf } from '../../api/problem';
import type { AuditEntry } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { usePageState, useUrlState } from '../../lib/url';
import { count, groups } from '../../lib/words';
import { DataTable } from '../../ui/DataTable';
import { DownloadIcon } from '../../ui/icons';
import { LinkTabs } from '../../ui/LinkTabs';
import { MenuButton } from '../../ui/MenuButton';
import { Button, ListItemText, MenuItem } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { EmptyState } from '../../ui/states';
import { AuditFilters } from './AuditFilters';
import { auditColumns } from './columns';
import { EntryPanel } from './EntryPanel';
import { type AuditFilter, filterFrom, filterNames, isFiltered } from './filter';
import { useAudit, useExport } from './queries';
import { Verify } from './Verify';

/** Who did what, when, from where; and can it be believed? */
export default function AuditPage() {
  const [get] = useUrlState();
  const filter = filterFrom(get);
  const verify = get('view') === 'verify';
  return (
    <>
      <PageHeader
        title="Audit"
        subtitle="Every sign-in and every change, in a chain that shows when it was bent."
        actions={<Export filter={filter} />}
      />
      <LinkTabs
        label="Audit"
        selected={verify ? 'verify' : 'entries'}
        tabs={[
          { id: 'entries', label: 'Entries', to: paths.audit },
          {
            id: 'verify',
            label: 'Verification',
            to: withQuery(paths.audit, { view: 'verify' }),
          },
        ]}
      />
      {verify ? <Verify /> : <Entries filter={filter} />}
    </>
  );
}

function Entries({ filter }: { filter: AuditFilter }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const audit = useAudit(filter, at);
  const filtered = isFiltered(filter);
  const change = (values: Record<string, string | undefined>) =>
    set({ ...values, page: undefined });
  const clear = () => change(Object.fromEntries(filterNames.map((name) => [name, undefined])));
  return (
    <Panel flush>
      <AuditFilters
        get={get}
        set={change}
        total={audit.data ? totalWords(audit.data.total, filtered) : ''}
        onClear={filtered ? clear : undefined}
      />
      <DataTable
        label="Audit entries"
        columns={auditColumns(setShown)}
        rows={audit.data?.items}
        total={audit.data?.total ?? 0}
        rowId={(e) => String(e.id)}
        at={at}
        onChange={setAt}
        busy={audit.isPlaceholderData}
        problem={problemOf(audit)}
        empty={
          filtered ? (
            <EmptyState
              title="No entry matches"
              action={
                <Button variant="outlined" onClick={clear}>
                  Clear the filter
                </Button>
              }
            >
              Change the search words, the times or one of the filters.
            </EmptyState>
          ) : (
            <EmptyState title="No entries yet">The first sign-in writes the first one.</EmptyState>
          )
        }
      />
      {shown && <EntryPanel entry={shown} onClose={() => setShown(null)} />}
    </Panel>
  );
}

/** With a filter the manager stops counting at this many. */
const countedTo = 10_000;

function totalWords(total: number, filtered: boolean): string {
  if (filtered && total >= countedTo) return `${groups(countedTo)} or more entries match`;
  return `${count(total, 'entry', 'entries')}${filtered ? ' match' : ''}`;
}

function Export({ filter }: { filter: AuditFilter }) {
  const save = useExport(filter);
  const item = (close: () => void, format: 'csv' | 'jsonl', name: string, what: string) => (
    <MenuItem
      key={format}
      onClick={() => {
        close();
        save.mutate(format);
      }}
    >
      <ListItemText primary={name} secondary={what} />
    </MenuItem>
  );
  return (
    <MenuButton
      variant="outlined"
      startIcon={<DownloadIcon />}
      label={isFiltered(filter) ? 'Export what matches' : 'Export all'}
      loading={save.isPending}
      items={(close) => [
        item(
          close,
          'jsonl',
          'JSON lines, with proofs',
          'Can be verified offline: patch-manager audit verify',
        ),
        item(close, 'csv', 'CSV', 'For a spreadsheet; proves nothing'),
      ]}
    />
  );
}
