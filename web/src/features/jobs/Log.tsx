import { type ReactNode, useMemo, useState } from 'react';
import { download } from '../../api/client';
import { messageOf, requestIdOf } from '../../api/errors';
import type { Job, JobHost } from '../../api/types';
import { clockTime } from '../../lib/dates';
import { paths, withQuery } from '../../lib/paths';
import { isFinal } from '../../lib/status';
import { useUrlState } from '../../lib/url';
import { count, groups } from '../../lib/words';
import { copyText } from '../../ui/Copy';
import { ChevronIcon, CopyIcon, DownloadIcon } from '../../ui/icons';
import { Link } from '../../ui/Link';
import { LogView } from '../../ui/LogView';
import { Box, ButtonBase, IconButton, Stack, Tooltip } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { mono, toneText, toneTint } from '../../ui/tones';
import { type LineRow, logRows, logText, type PhaseRow } from './eventLog';
import { phaseLabel } from './phases';
import type { useJobLog } from './useJobLog';

/** What the package tool and the agent said, live, by phase. */
export function Log({
  job,
  host,
  log,
}: {
  job: Job;
  host: JobHost;
  log: ReturnType<typeof useJobLog>;
}) {
  const [get] = useUrlState();
  const [search, setSearch] = useState('');
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => logRows(log.events, folded, search), [log.events, folded, search]);
  const linked = Number(get('line')) || 0;
  // Looked for once the line has arrived; the view then stays where the reader leads it.
  const target = useMemo(
    () => (linked ? rows.findIndex((row) => row.type === 'line' && row.seq === linked) : -1),
    [rows, linked],
  );
  const fold = (phase: string) => {
    const next = new Set(folded);
    if (!next.delete(phase)) next.add(phase);
    setFolded(next);
  };
  const found = search ? rows.filter((row) => row.type === 'line').length : 0;
  return (
    <Panel
      flush
      title="Log"
      actions={
        <Stack direction="row" sx={{ gap: 1, alignItems: 'center' }}>
          <Box component="span" role="status" sx={{ fontSize: 12, color: 'text.secondary' }}>
            {search ? `${count(found, 'line')} found` : ''}
          </Box>
          <SearchField label="Search the log" value={search} onChange={setSearch} width={220} />
          <Tools job={job} host={host} text={() => logText(log.events)} />
        </Stack>
      }
    >
      {log.error ? (
        <ErrorState
          message={messageOf(log.error)}
          requestId={requestIdOf(log.error)}
          onRetry={log.retry}
        />
      ) : (
        <LogView
          label={`Log of ${host.host_name}`}
          height={420}
          rows={rows.length}
          rowKey={(i) => rows[i]?.key ?? i}
          target={target >= 0 ? target : null}
          empty={<Empty host={host} loading={log.loading} search={search} />}
          row={(i) => {
            const row = rows[i];
            if (!row) return null;
            if (row.type === 'phase') return <Heading row={row} onFold={() => fold(row.phase)} />;
            return (
              <Line
                row={row}
                search={search}
                linked={row.seq === linked}
                to={withQuery(paths.job(job.id), {
                  host: host.host_id,
                  state: get('state'),
                  line: row.seq ?? undefined,
                })}
              />
            );
          }}
        />
      )}
    </Panel>
  );
}

function Empty(props: { host: JobHost; loading: boolean; search: string }) {
  if (props.loading)
    return (
      <Box sx={{ p: 2 }}>
        <TextSkeleton lines={6} label="Loading the log" />
      </Box>
    );
  if (props.search) return <EmptyState title="No line holds these words" />;
  return (
    <EmptyState title={isFinal(props.host.state) ? 'This host said nothing' : 'Nothing yet'}>
      {!isFinal(props.host.state) && 'Lines appear here as soon as the agent begins.'}
    </EmptyState>
  );
}

function Tools(props: { job: Job; host: JobHost; text: () => string }) {
  const { job, host } = props;
  const save = () =>
    download(
      `/api/v1/jobs/${job.id}/hosts/${host.host_id}/log.txt`,
      `job-${job.number}-${host.host_name}.txt`,
    ).catch((error) => notify(messageOf(error), 'error'));
  const copy = async () => {
    if (await copyText(props.text()))
      notify(`Copied the log (${groups(props.text().split('\n').length)} lines).`, 'success');
  };
  return (
    <>
      <Tooltip title="Copy the log">
        <IconButton size="small" aria-label="Copy the log" onClick={copy}>
          <CopyIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <Tooltip title="Download the log">
        <IconButton size="small" aria-label="Download the log" onClick={save}>
          <DownloadIcon fontSize="small" />
        </IconButton>
      </Tooltip>
    </>
  );
}

function Heading({ row, onFold }: { row: PhaseRow; onFold: () => void }) {
  return (
    <ButtonBase
      onClick={onFold}
      aria-expanded={!row.folded}
      sx={{
        height: 20,
        px: 1,
        gap: 0.5,
        fontSize: 12,
        fontWeight: 600,
        fontFamily: mono,
        color: toneText('running'),
      }}
    >
      <ChevronIcon fontSize="inherit" sx={{ transform: row.folded ? 'none' : 'rotate(90deg)' }} />
      {phaseLabel(row.phase)}
      <Box component="span" sx={{ color: 'text.secondary', fontWeight: 400 }}>
        {count(row.lines, 'line')}
      </Box>
    </ButtonBase>
  );
}

/** The number is an inline link, so that any line can be shared; the text flows beside it. */
function Line(props: { row: LineRow; search: string; linked: boolean; to: string }) {
  const { row } = props;
  return (
    <Box component="span" sx={props.linked ? { background: toneTint('medium') } : undefined}>
      {' '.repeat(Math.max(0, 6 - String(row.seq ?? '').length))}
      {row.seq !== null && (
        <Link to={props.to} quiet label={`Line ${row.seq}`}>
          {row.seq}
        </Link>
      )}{' '}
      <Box component="span" sx={{ color: 'text.secondary' }} title={row.at}>
        {clockTime(new Date(row.at))}
      </Box>{' '}
      <Box component="span" sx={row.stream !== 'tool' ? { color: toneText('paused') } : undefined}>
        {marked(row.text, props.search)}
      </Box>
    </Box>
  );
}

function marked(text: string, search: string): ReactNode {
  if (!search) return text;
  const at = text.toLowerCase().indexOf(search.toLowerCase());
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}
