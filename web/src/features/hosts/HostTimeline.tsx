import { problemOf } from '../../api/problem';
import type { Host, TimelineEntry } from '../../api/types';
import { paths } from '../../lib/paths';
import { usePageState } from '../../lib/url';
import { JobsIcon, PulseIcon, UserIcon } from '../../ui/icons';
import { Link } from '../../ui/Link';
import { Box, Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { line } from '../../ui/tones';
import { useHostPart } from './queries';

const icons = { audit: UserIcon, state: PulseIcon, job: JobsIcon };

/** What people and jobs did to this host, and how its state changed, newest first. */
export function HostTimeline({ host }: { host: Host }) {
  const [at, setAt] = usePageState();
  const timeline = useHostPart('hostTimeline', host.id, { page: at.page, page_size: at.pageSize });
  const problem = problemOf(timeline);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!timeline.data)
    return (
      <Panel>
        <TextSkeleton lines={8} />
      </Panel>
    );
  const { items, total } = timeline.data;
  if (total === 0)
    return (
      <Panel>
        <EmptyState title="Nothing has happened yet">
          Changes of state, jobs and what people did appear here.
        </EmptyState>
      </Panel>
    );
  const pages = Math.ceil(total / at.pageSize);
  return (
    <Panel flush>
      <Box
        component="ol"
        aria-label={`Timeline of ${host.name}`}
        sx={{ listStyle: 'none', m: 0, p: 0 }}
      >
        {items.map((entry, i) => (
          <Entry key={`${entry.at}-${i}`} entry={entry} host={host} />
        ))}
      </Box>
      {pages > 1 && (
        <Stack
          direction="row"
          sx={{ p: 1, gap: 1, justifyContent: 'flex-end', alignItems: 'center', fontSize: 13 }}
        >
          <Button disabled={at.page <= 1} onClick={() => setAt({ ...at, page: at.page - 1 })}>
            Newer
          </Button>
          <span>
            Page {at.page} of {pages}
          </span>
          <Button disabled={at.page >= pages} onClick={() => setAt({ ...at, page: at.page + 1 })}>
            Older
          </Button>
        </Stack>
      )}
    </Panel>
  );
}

function Entry({ entry, host }: { entry: TimelineEntry; host: Host }) {
  const Icon = icons[entry.kind] ?? PulseIcon;
  return (
    <Box
      component="li"
      sx={{
        display: 'grid',
        gridTemplateColumns: '150px 20px 1fr',
        gap: 1.5,
        px: 2,
        py: 1,
        borderTop: `1px solid ${line}`,
        fontSize: 13,
        '&:first-of-type': { borderTop: 0 },
      }}
    >
      <Box sx={{ color: 'text.secondary' }} className="num">
        <Time at={entry.at} />
      </Box>
      <Icon fontSize="small" color="disabled" aria-hidden />
      <Box sx={{ minWidth: 0 }}>
        {entry.job_id ? (
          <Link to={paths.job(entry.job_id, host.id)}>{entry.title}</Link>
        ) : (
          entry.title
        )}
        {entry.detail && (
          <Box sx={{ color: 'text.secondary', overflowWrap: 'anywhere' }}>{entry.detail}</Box>
        )}
        {entry.actor && <Box sx={{ color: 'text.secondary' }}>by {entry.actor}</Box>}
      </Box>
    </Box>
  );
}
