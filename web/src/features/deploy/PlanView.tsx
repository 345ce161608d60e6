import { useState } from 'react';
import { isNotFound, messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Plan } from '../../api/types';
import { percent } from '../../lib/numbers';
import { count, groups, listOf } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { Alert, Box, Button, Paper, Stack, ToggleButton, ToggleButtonGroup } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ProgressBar } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { line } from '../../ui/tones';
import { ByPackage } from './ByPackage';
import { type Draft, selectionOf } from './draft';
import { PlanTable } from './PlanTable';
import { usePlan, useRun } from './queries';
import { type Outcome, outcomeOf, removalsIn, sentences } from './summary';

type Props = {
  draft: Draft;
  replanning: boolean;
  onBack: () => void;
  onAgain: () => void;
  onAllowRemovals: () => void;
  onStarted: (jobId: string) => void;
};

const computing = { label: 'Computing', tone: 'running', shape: 'play' } as const;

export function PlanView(props: Props) {
  const plan = usePlan(props.draft.planId);
  const problem = problemOf(plan);
  if (plan.error && isNotFound(plan.error)) {
    return (
      <Panel>
        <EmptyState
          title="This plan is gone"
          action={
            <Button variant="contained" loading={props.replanning} onClick={props.onAgain}>
              Make it again
            </Button>
          }
        >
          Plans are kept for a day, because what is pending changes.
        </EmptyState>
      </Panel>
    );
  }
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!plan.data || props.replanning)
    return (
      <Panel title="Asking the hosts">
        <TextSkeleton lines={5} />
      </Panel>
    );
  return <Ready {...props} plan={plan.data} />;
}

function Ready(props: Props & { plan: Plan }) {
  const { plan } = props;
  const [view, setView] = useState<'hosts' | 'packages'>('hosts');
  const outcome = outcomeOf(plan);
  const busy = plan.state === 'computing';
  const done = plan.counts.ready + plan.counts.failed;
  return (
    <>
      {busy && (
        <Paper sx={{ border: `1px solid ${line}`, p: 2, display: 'grid', gap: 1 }} role="status">
          {groups(done)} of {count(plan.counts.hosts, 'host')} answered with a plan
          <ProgressBar
            percent={percent(done, plan.counts.hosts)}
            status={computing}
            label="Hosts that answered"
          />
        </Paper>
      )}
      <Removals plan={plan} allowed={props.draft.removals} onAllow={props.onAllowRemovals} />
      <Panel
        title="Plan"
        flush
        actions={
          <ToggleButtonGroup
            exclusive
            size="small"
            value={view}
            aria-label="Show"
            onChange={(_, next: typeof view | null) => next && setView(next)}
          >
            <ToggleButton value="hosts" sx={{ textTransform: 'none', py: 0.25 }}>
              By host
            </ToggleButton>
            <ToggleButton value="packages" sx={{ textTransform: 'none', py: 0.25 }}>
              By package
            </ToggleButton>
          </ToggleButtonGroup>
        }
      >
        {view === 'hosts' ? (
          <PlanTable hosts={plan.hosts ?? []} />
        ) : (
          <ByPackage hosts={[...outcome.run, ...outcome.blocked]} />
        )}
      </Panel>
      <RunBar {...props} outcome={outcome} busy={busy} />
    </>
  );
}

function Removals(props: { plan: Plan; allowed: boolean; onAllow: () => void }) {
  const { names, refused } = removalsIn(props.plan);
  if (names.length === 0 && !refused) return null;
  const what =
    names.length > 0
      ? `${count(names.length, 'package')} would be removed: ${listOf(names, 8)}.`
      : 'Some updates cannot go in without removing packages.';
  if (props.allowed && !refused)
    return (
      <Alert severity="warning" variant="outlined">
        {what} You allowed it.
      </Alert>
    );
  return (
    <Alert
      severity="warning"
      variant="outlined"
      action={
        <Button color="inherit" onClick={props.onAllow}>
          Allow removing and plan again
        </Button>
      }
    >
      {what} Without your consent those hosts stay as they are.
    </Alert>
  );
}

/** More hosts than this ask for the number to be typed. */
const typedAbove = 50;

function RunBar(props: Props & { outcome: Outcome; busy: boolean }) {
  const { outcome, draft } = props;
  const [open, setOpen] = useState(false);
  const run = useRun(props.onStarted);
  const n = outcome.run.length;
  const words = sentences(outcome, draft.reboot);
  const start = () =>
    run.mutate({
      kind: 'patch',
      host_ids: outcome.run.map((host) => host.host_id),
      selection: selectionOf(draft),
      reboot: draft.reboot,
      allow_removals: draft.removals,
      plan_id: draft.planId,
      note: draft.note || undefined,
    });
  return (
    <Paper
      component="section"
      aria-label="Run"
      sx={{ border: `1px solid ${line}`, p: 2, position: 'sticky', bottom: 0, zIndex: 3 }}
    >
      <Stack direction="row" sx={{ gap: 2, alignItems: 'center', flexWrap: 'wrap' }}>
        <Box sx={{ flex: '1 1 420px' }} aria-live="polite">
          {n > 0 ? (
            words.map((sentence) => <div key={sentence}>{sentence}</div>)
          ) : (
            <strong>
              {props.busy
                ? 'Waiting for the first host.'
                : 'Nothing to run: no host has anything to change that may go in.'}
            </strong>
          )}
        </Box>
        <Button size="medium" onClick={props.onBack}>
          Back
        </Button>
        <Button size="medium" loading={props.replanning} onClick={props.onAgain}>
          Plan again
        </Button>
        <Button
          size="medium"
          variant="contained"
          disabled={n === 0 || props.busy}
          onClick={() => setOpen(true)}
        >
          Run now on {count(n, 'host')}…
        </Button>
      </Stack>
      <Confirm
        open={open}
        title="Run now"
        verb={`Install on ${count(n, 'host')}`}
        busy={run.isPending}
        typed={n > typedAbove ? String(n) : undefined}
        error={run.error ? messageOf(run.error) : undefined}
        requestId={requestIdOf(run.error)}
        onClose={() => setOpen(false)}
        onConfirm={start}
      >
        {words.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        <p>A host whose plan has changed since then stops before it changes anything.</p>
      </Confirm>
    </Paper>
  );
}
