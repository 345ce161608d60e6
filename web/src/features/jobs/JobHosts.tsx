import { useEffect, useState } from 'react';
import { problemOf } from '../../api/problem';
import type { Job, JobHost } from '../../api/types';
import { jobHostStatus } from '../../lib/status';
import { usePageState, useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { Box, Button, ButtonBase, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ProgressBar, StatusMark } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { line, toneTint } from '../../ui/tones';
import { JobHostView } from './JobHostView';
import { phaseLabel } from './phases';
import { useFollowJob, useJobHosts } from './queries';

/** The hosts, failures first, and the one that is looked at beside them. */
export function JobHosts({ job }: { job: Job }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const hosts = useJobHosts(job, {
    state: get('state') || undefined,
    page: at.page,
    page_size: at.pageSize,
  });
  useFollowJob(job.id, hosts.data?.items);
  const selected = useSelected(job, hosts.data?.items ?? [], get('host'));
  const problem = problemOf(hosts);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!hosts.data)
    return (
      <Panel>
        <TextSkeleton lines={6} />
      </Panel>
    );
  const { items, total } = hosts.data;
  const pages = Math.ceil(total / at.pageSize);
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: '300px minmax(0, 1fr)' },
        alignItems: 'start',
      }}
    >
      <Panel title={count(total, 'host')} flush>
        {items.length === 0 && <EmptyState title="No host in this state now" />}
        <Box
          component="ul"
          aria-label="Hosts of this job"
          sx={{
            listStyle: 'none',
            m: 0,
            p: 0,
            maxHeight: { lg: 'calc(100vh - 280px)' },
            minHeight: 120,
            overflow: 'auto',
          }}
        >
          {items.map((host) => (
            <li key={host.id}>
              <HostButton
                host={host}
                selected={host.host_id === selected?.host_id}
                onSelect={() => set({ host: host.host_id, line: undefined })}
              />
            </li>
          ))}
        </Box>
        {pages > 1 && (
          <Stack
            direction="row"
            sx={{
              p: 1,
              gap: 1,
              alignItems: 'center',
              justifyContent: 'center',
              fontSize: 13,
              borderTop: `1px solid ${line}`,
            }}
          >
            <Button disabled={at.page <= 1} onClick={() => setAt({ ...at, page: at.page - 1 })}>
              Previous
            </Button>
            <span>
              {at.page} of {pages}
            </span>
            <Button disabled={at.page >= pages} onClick={() => setAt({ ...at, page: at.page + 1 })}>
              Next
            </Button>
          </Stack>
        )}
      </Panel>
      {selected && <JobHostView key={selected.host_id} job={job} host={selected} />}
    </Box>
  );
}

/**
 * The host to show: the one in the address, else the first that failed or runs when
 * the page opens. It stays although its row moves or leaves the filter.
 */
function useSelected(job: Job, items: JobHost[], wanted: string): JobHost | undefined {
  const [first, setFirst] = useState('');
  const usual =
    items.find((host) => host.state === 'failed') ??
    items.find((host) => host.state === 'running') ??
    items[0];
  useEffect(() => {
    if (!first && usual) setFirst(usual.host_id);
  }, [first, usual]);
  const id = wanted || first || usual?.host_id;
  const here = items.find((host) => host.host_id === id);
  const elsewhere = useJobHosts(job, { page: 1, page_size: 500 }, Boolean(id) && !here);
  return here ?? elsewhere.data?.items.find((host) => host.host_id === id) ?? usual;
}

function HostButton(props: { host: JobHost; selected: boolean; onSelect: () => void }) {
  const { host } = props;
  const status = jobHostStatus(host.state);
  const underWay = host.state === 'running' || host.state === 'claimed' || host.state === 'lost';
  return (
    <ButtonBase
      onClick={props.onSelect}
      aria-pressed={props.selected}
      sx={{
        width: '100%',
        display: 'grid',
        gridTemplateColumns: '18px minmax(0, 1fr)',
        textAlign: 'left',
        gap: 1,
        px: 2,
        py: 0.75,
        fontSize: 13,
        borderTop: `1px solid ${line}`,
        background: props.selected ? toneTint('running') : 'none',
        '&:hover': { background: toneTint('neutral') },
        '&:focus-visible': { outlineOffset: '-2px' },
      }}
    >
      <StatusMark status={status} />
      <Box sx={{ minWidth: 0 }}>
        <Box sx={{ overflow: 'hidden', textOverflow: 'ellipsis', fontWeight: 500 }}>
          {host.host_name}
        </Box>
        <Box
          sx={{
            color: 'text.secondary',
            fontSize: 12,
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          }}
        >
          {status.label}
          {underWay && host.phase ? ` · ${phaseLabel(host.phase)}` : ''}
          {host.error ? ` · ${host.error.code}` : ''}
        </Box>
        {underWay && (
          <Box sx={{ mt: 0.5 }}>
            <ProgressBar
              percent={host.progress}
              status={status}
              label={`Progress of ${host.host_name}`}
            />
          </Box>
        )}
      </Box>
    </ButtonBase>
  );
}
