import { problemOf } from '../../api/problem';
import type { Verification } from '../../api/types';
import { percent } from '../../lib/numbers';
import { paths, withQuery } from '../../lib/paths';
import { count, groups } from '../../lib/words';
import { Link } from '../../ui/Link';
import { Alert, Box, Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { Checkpoints } from './Checkpoints';
import { useStartVerification, useVerifications } from './queries';
import { breakWords, verificationStatus } from './words';

/** Is the trail whole? Now, with progress, and each time before. */
export function Verify() {
  const list = useVerifications();
  const start = useStartVerification();
  const problem = problemOf(list);
  const items = list.data?.items ?? [];
  const running = items.find((v) => v.state === 'running');
  const last = items.find((v) => v.state !== 'running');
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 420px' },
        alignItems: 'start',
      }}
    >
      <Stack sx={{ gap: 2 }}>
        {problem && <ErrorState {...problem} onRetry={problem.retry} />}
        {last && <Verdict of={last} />}
        <Panel
          title="Verifications"
          flush
          actions={
            <Button
              variant="contained"
              loading={start.isPending}
              disabled={Boolean(running)}
              onClick={() => start.mutate()}
            >
              {running ? 'Verifying' : 'Verify now'}
            </Button>
          }
        >
          {running && <Progress of={running} />}
          {!list.data && !problem && (
            <Box sx={{ p: 2 }}>
              <TextSkeleton lines={3} />
            </Box>
          )}
          {list.data && items.length === 0 && (
            <EmptyState title="Never verified">
              The manager verifies the trail by itself once a day.
            </EmptyState>
          )}
          {items.length > 0 && <History items={items} />}
        </Panel>
      </Stack>
      <Checkpoints />
    </Box>
  );
}

function Verdict({ of }: { of: Verification }) {
  if (of.state === 'intact')
    return (
      <Alert severity="success" variant="outlined">
        The trail is intact: all {groups(of.checked)} entries were checked{' '}
        <Time at={of.finished_at} />.
      </Alert>
    );
  if (of.state === 'broken' && of.break)
    return (
      <Alert severity="error" variant="outlined">
        <strong>
          {breakWords(of.break.kind)}, first seen at entry {groups(of.break.id)}.
        </strong>{' '}
        {of.break.detail} Keep the database and the exported checkpoints as they are, and compare
        them with an export from before.
      </Alert>
    );
  return (
    <Alert severity="warning" variant="outlined">
      The last verification did not finish. Start another one; if it fails again, look into the
      manager's log.
    </Alert>
  );
}

function Progress({ of }: { of: Verification }) {
  const done = percent(of.checked, of.total);
  return (
    <Stack direction="row" sx={{ px: 2, pb: 1.5, gap: 2, alignItems: 'center', fontSize: 13 }}>
      <ProgressBar
        percent={done}
        status={verificationStatus(of.state)}
        label="Progress of the verification"
      />
      <span className="num" style={{ whiteSpace: 'nowrap' }}>
        {groups(of.checked)} of {count(of.total, 'entry', 'entries')}
      </span>
    </Stack>
  );
}

function Result({ of }: { of: Verification }) {
  if (of.break)
    return (
      <>
        {breakWords(of.break.kind)}, entry {groups(of.break.id)}
      </>
    );
  if (of.checkpoint) return <>up to checkpoint {groups(of.checkpoint.size)}</>;
  return <>–</>;
}

function History({ items }: { items: Verification[] }) {
  return (
    <SimpleTable
      caption="Verifications"
      rows={items}
      rowKey={(v) => v.id}
      columns={[
        { name: 'Result', cell: (v) => <StatusPill status={verificationStatus(v.state)} /> },
        {
          name: 'Checked',
          align: 'right',
          cell: (v) => `${groups(v.checked)} of ${groups(v.total)}`,
        },
        { name: 'Found', cell: (v) => <Result of={v} /> },
        {
          name: 'Started by',
          cell: (v) =>
            v.trigger === 'periodic' ? (
              'the manager'
            ) : (
              <Link
                to={withQuery(paths.audit, { target_kind: 'audit_verification', target_id: v.id })}
              >
                a person
              </Link>
            ),
        },
        { name: 'Begun', cell: (v) => <Time at={v.started_at} /> },
        { name: 'Ended', cell: (v) => <Time at={v.finished_at} never="not yet" /> },
      ]}
    />
  );
}
