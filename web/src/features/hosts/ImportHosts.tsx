import { useRef, useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import type { ErrorDetail, ImportReport } from '../../api/types';
import { count } from '../../lib/words';
import { DownloadIcon } from '../../ui/icons';
import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '../../ui/mui';
import { ErrorState } from '../../ui/states';
import { useImportHosts } from './care';
import { ImportRows } from './ImportRows';
import { importTemplate, readText } from './importText';

/** Registers the hosts of a CSV text: looks at each row first, then makes all of them or none. */
export function ImportHosts({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [report, setReport] = useState<ImportReport>();
  const [unreadable, setUnreadable] = useState('');
  const run = useImportHosts(setReport);
  const change = (next: string) => {
    setText(next);
    setReport(undefined);
    setUnreadable('');
    run.reset();
  };
  const choose = async (file: File) => {
    try {
      change(await readText(file));
    } catch (error) {
      change('');
      setUnreadable(messageOf(error));
    }
  };
  const ready = report && !report.imported && report.errors === 0 && report.new > 0;
  return (
    <Dialog
      open
      onClose={run.isPending ? undefined : onClose}
      maxWidth="lg"
      fullWidth
      aria-labelledby="import-title"
    >
      <DialogTitle id="import-title">Import hosts</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          {!report?.imported && (
            <Source
              text={text}
              onText={change}
              onFile={choose}
              small={report !== undefined}
              busy={run.isPending}
            />
          )}
          {unreadable && <ErrorState message={unreadable} />}
          {run.error && (
            <ErrorState message={refusalOf(run.error)} requestId={requestIdOf(run.error)} />
          )}
          {report && <Outcome report={report} />}
          {report && <ImportRows report={report} />}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} disabled={run.isPending}>
          {report?.imported ? 'Close' : 'Cancel'}
        </Button>
        {!report?.imported && (
          <Button
            variant={ready ? 'outlined' : 'contained'}
            disabled={!text.trim()}
            loading={run.isPending}
            onClick={() => run.mutate({ csv: text, dry_run: true })}
          >
            {report ? 'Check again' : 'Check'}
          </Button>
        )}
        {ready && (
          <Button
            variant="contained"
            loading={run.isPending}
            onClick={() => run.mutate({ csv: text, dry_run: false })}
          >
            Import {count(report.new, 'host')}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

/** A refusal of the whole text names the line and what is wrong there. */
function refusalOf(error: unknown): string {
  const details = (error as { details?: ErrorDetail[] }).details ?? [];
  if (details.length === 0) return messageOf(error);
  return details.map((d) => [d.value, d.message].filter(Boolean).join(': ')).join(' ');
}

function Source(props: {
  text: string;
  onText: (text: string) => void;
  onFile: (file: File) => void;
  small: boolean;
  busy: boolean;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Box sx={{ fontSize: 13 }}>
        The first line names the columns, in any order: <code>name</code>, <code>address</code>,{' '}
        <code>port</code>, <code>groups</code>, <code>labels</code>, <code>note</code>. One of the
        first two is needed. Commas or semicolons stand between fields, bars (|) between several
        groups or labels.
      </Box>
      <Stack direction="row" sx={{ gap: 1 }}>
        <Button variant="outlined" onClick={() => input.current?.click()} disabled={props.busy}>
          Choose a file…
        </Button>
        <Button
          startIcon={<DownloadIcon />}
          component="a"
          href={`data:text/csv;charset=utf-8,${encodeURIComponent(importTemplate)}`}
          download="hosts-template.csv"
        >
          Template
        </Button>
        <input
          ref={input}
          type="file"
          accept=".csv,text/csv,text/plain"
          hidden
          aria-label="CSV file"
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = ''; // the same file, corrected, may be chosen again
            if (file) props.onFile(file);
          }}
        />
      </Stack>
      <TextField
        label="Text of the file"
        value={props.text}
        onChange={(event) => props.onText(event.target.value)}
        multiline
        minRows={props.small ? 3 : 8}
        maxRows={props.small ? 4 : 14}
        disabled={props.busy}
        placeholder={importTemplate.split('\r\n').slice(0, 2).join('\n')}
        slotProps={{
          htmlInput: { className: 'mono', spellCheck: false },
          inputLabel: { shrink: true },
        }}
      />
    </>
  );
}

function Outcome({ report }: { report: ImportReport }) {
  const there = report.exists > 0 ? ` ${count(report.exists, 'row')} changed nothing.` : '';
  if (report.imported)
    return (
      <Alert severity="success" variant="outlined">
        {count(report.new, 'host')} registered.{there} Run the enrollment command on them.
      </Alert>
    );
  if (report.errors > 0)
    return (
      <Alert severity="error" variant="outlined">
        {count(report.errors, 'row')} of {count(report.rows.length, 'row')} cannot be imported, so
        nothing is. Correct the text and check it again.
      </Alert>
    );
  if (report.new === 0)
    return (
      <Alert severity="info" variant="outlined">
        All {count(report.exists, 'row')} are hosts already: there is nothing to import.
      </Alert>
    );
  return (
    <Alert severity="info" variant="outlined">
      {count(report.new, 'host')} will be registered
      {report.exists > 0 && `; ${count(report.exists, 'row')} are hosts already and stay as is`}.
    </Alert>
  );
}
