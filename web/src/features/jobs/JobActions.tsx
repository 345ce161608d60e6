import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useWhyNot } from '../../api/session';
import type { Job } from '../../api/types';
import { isFinal } from '../../lib/status';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { RefreshIcon, RollbackIcon } from '../../ui/icons';
import { Button } from '../../ui/mui';
import { Refusable } from '../../ui/Refusable';
import { useCancelJob, useRerun } from './queries';
import { RollbackDialog } from './RollbackDialog';
import { cancelSentence } from './words';

export function JobActions({ job, onStarted }: { job: Job; onStarted: (id: string) => void }) {
  const [asked, setAsked] = useState<'cancel' | 'rollback' | 'rerun' | null>(null);
  const why = useWhyNot('fleet.operate');
  const close = () => setAsked(null);
  const over = isFinal(job.state);
  const unsuccessful = job.counts.failed + job.counts.expired;
  const canRollBack =
    over &&
    job.kind === 'patch' &&
    job.counts.succeeded + job.counts.failed + job.counts.cancelled > 0;
  return (
    <>
      {over && unsuccessful > 0 && (
        <Refusable why={why}>
          <Button
            variant="outlined"
            startIcon={<RefreshIcon />}
            disabled={why !== ''}
            onClick={() => setAsked('rerun')}
          >
            Re-run {count(unsuccessful, 'failed host')}…
          </Button>
        </Refusable>
      )}
      {canRollBack && (
        <Refusable why={why}>
          <Button
            variant="outlined"
            startIcon={<RollbackIcon />}
            disabled={why !== ''}
            onClick={() => setAsked('rollback')}
          >
            Roll back…
          </Button>
        </Refusable>
      )}
      {!over && (
        <Refusable why={why}>
          <Button
            variant="outlined"
            color="error"
            disabled={why !== '' || job.cancel_requested_at !== null}
            onClick={() => setAsked('cancel')}
          >
            {job.cancel_requested_at ? 'Cancelling' : 'Cancel…'}
          </Button>
        </Refusable>
      )}
      <Cancel job={job} open={asked === 'cancel'} onClose={close} />
      <Rerun
        job={job}
        n={unsuccessful}
        open={asked === 'rerun'}
        onClose={close}
        onStarted={onStarted}
      />
      {asked === 'rollback' && <RollbackDialog job={job} onClose={close} onStarted={onStarted} />}
    </>
  );
}

function Cancel(props: { job: Job; open: boolean; onClose: () => void }) {
  const cancel = useCancelJob(props.job, props.onClose);
  return (
    <Confirm
      open={props.open}
      title="Cancel this job"
      verb={`Cancel job #${props.job.number}`}
      danger
      busy={cancel.isPending}
      error={cancel.error ? messageOf(cancel.error) : undefined}
      requestId={requestIdOf(cancel.error)}
      onClose={props.onClose}
      onConfirm={() => cancel.mutate()}
    >
      {cancelSentence(props.job.counts)} Hosts that are done stay as they are.
    </Confirm>
  );
}

function Rerun(props: {
  job: Job;
  n: number;
  open: boolean;
  onClose: () => void;
  onStarted: (id: string) => void;
}) {
  const rerun = useRerun(props.job, props.onStarted);
  return (
    <Confirm
      open={props.open}
      title="Re-run"
      verb={`Re-run ${count(props.n, 'host')}`}
      busy={rerun.isPending}
      error={rerun.error ? messageOf(rerun.error) : undefined}
      requestId={requestIdOf(rerun.error)}
      onClose={props.onClose}
      onConfirm={() => rerun.mutate()}
    >
      Order the same again, now, for {count(props.n, 'host')} that failed. A new job is made; the
      hosts that succeeded are not touched.
    </Confirm>
  );
}
