import { useState } from 'react';
import type { ImportReport, ImportRow } from '../../api/types';
import { paths } from '../../lib/paths';
import type { Status } from '../../lib/status';
import { groups } from '../../lib/words';
import { Link } from '../../ui/Link';
import { Button, FormControlLabel, Stack, Switch } from '../../ui/mui';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { rowWords, shownRows } from './importText';

const statuses: Record<ImportRow['outcome'], Status> = {
  new: { label: 'New', tone: 'running', shape: 'play' },
  exists: { label: 'Already there', tone: 'paused', shape: 'check' },
  error: { label: 'Error', tone: 'critical', shape: 'cross' },
};

/** So many rows are laid out at once; ten thousand would take the browser seconds. */
const step = 200;

/** What the manager says of each row. */
export function ImportRows({ report }: { report: ImportReport }) {
  const [errorsOnly, setErrorsOnly] = useState(report.errors > 0);
  const [shown, setShown] = useState(step);
  const rows = shownRows(report, errorsOnly && report.errors > 0);
  return (
    <Stack sx={{ gap: 1 }}>
      {report.errors > 0 && (
        <FormControlLabel
          control={
            <Switch
              size="small"
              checked={errorsOnly}
              onChange={(_, checked) => setErrorsOnly(checked)}
            />
          }
          label={`Errors only (${groups(report.errors)} of ${groups(report.rows.length)})`}
        />
      )}
      <SimpleTable
        caption="What happens with each row"
        maxHeight={380}
        rows={rows.slice(0, shown)}
        rowKey={(row) => String(row.line)}
        columns={[
          { name: 'Line', cell: (row) => row.line, align: 'right', width: 56 },
          {
            name: 'Host',
            width: 220,
            cell: (row) =>
              row.host_id ? <Link to={paths.host(row.host_id)}>{row.name}</Link> : row.name,
          },
          {
            name: 'Address',
            mono: true,
            width: 200,
            cell: (row) => row.address && `${row.address} :${row.port}`,
          },
          {
            name: 'Result',
            width: 120,
            cell: (row) => <StatusPill status={statuses[row.outcome]} />,
          },
          { name: 'What happens', cell: (row) => rowWords(row, report.imported) },
        ]}
      />
      {rows.length > shown && (
        <Button onClick={() => setShown(shown + 5 * step)}>
          Show more: {groups(rows.length - shown)} rows are left
        </Button>
      )}
    </Stack>
  );
}
