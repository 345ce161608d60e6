import { useParams } from 'react-router';
import { isNotFound } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useWhyNot } from '../../api/session';
import type { DiscoveryScan } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { scanStatus } from '../../lib/status';
import { count } from '../../lib/words';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Alert, Button, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { Refusable } from '../../ui/Refusable';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { agentPort } from './NewScan';
import { isOpen, useCancelScan, useScan } from './queries';
import { Results } from './Results';
import { foundIn, progressWords, quietWords } from './words';

/** How far is the scan, and whom has it found? */
export default function ScanPage() {
  const id = useParams().id ?? '';
  const scan = useScan(id);
  const problem = problemOf(scan);
  if (isNotFound(scan.error)) {
    return (
      <EmptyState
        title="There is no such scan"
        action={<LinkButton to={paths.discovery}>All scans</LinkButton>}
      >
        Scans are kept for 30 days, and fifty of them.
      </EmptyState>
    );
  }
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!scan.data) return <TextSkeleton lines={8} />;
  return <Scan scan={scan.data} />;
}

function Scan({ scan }: { scan: DiscoveryScan }) {
  const status = scanStatus(scan.state);
  return (
    <>
      <PageHeader
        title={`Scan of ${scan.targets}`}
        aside={<StatusPill status={status} />}
        subtitle={
          <>
            Port {scan.port} · {count(scan.total, 'address', 'addresses')} · ordered by{' '}
            {scan.created_by} <Time at={scan.created_at} />
          </>
        }
        actions={<Actions scan={scan} />}
      />
      <Stack sx={{ gap: 2 }}>
        {scan.failure && (
          <Alert severity="error" variant="outlined">
            {scan.failure}
          </Alert>
        )}
        <Panel>
          <Stack sx={{ gap: 1 }}>
            <ProgressBar
              percent={Math.floor((scan.probed / scan.total) * 100)}
              status={status}
              label="Progress"
            />
            <strong role="status">{progressWords(scan)}</strong>
            {quietWords(scan) && (
              <span>
                {quietWords(scan)}. <Hint scan={scan} />
              </span>
            )}
          </Stack>
        </Panel>
        <Results scan={scan} />
      </Stack>
    </>
  );
}

/** A machine that refuses the agents' port has no agent: how to see which these are. */
function Hint({ scan }: { scan: DiscoveryScan }) {
  if (scan.port !== agentPort || scan.closed === 0 || isOpen(scan)) return null;
  if (!scan.targets.includes('/')) return <>Those have no agent; a scan of port 22 lists them.</>;
  return (
    <>
      Those have no agent.{' '}
      <Link to={withQuery(paths.discovery, { cidr: scan.targets, port: 22 })}>
        Scan port 22 to list them
      </Link>
    </>
  );
}

function Actions({ scan }: { scan: DiscoveryScan }) {
  const why = useWhyNot('discovery.scan');
  const cancel = useCancelScan(scan.id);
  if (isOpen(scan)) {
    return (
      <Refusable why={why}>
        <Button
          variant="outlined"
          color="error"
          disabled={why !== ''}
          loading={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel scan
        </Button>
      </Refusable>
    );
  }
  const again = scan.targets.includes('/') || foundIn(scan) === scan.total;
  if (why || !again) return null;
  return (
    <LinkButton
      variant="outlined"
      to={withQuery(paths.discovery, { cidr: scan.targets, port: scan.port })}
    >
      Scan again…
    </LinkButton>
  );
}
