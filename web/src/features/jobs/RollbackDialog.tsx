import { useState } from 'react';
import { ApiError, messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Job, JobHost } from '../../api/types';
import { rollbackStatus } from '../../lib/status';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { Box, Checkbox, FormControlLabel, Stack } from '../../ui/mui';
import { StatusPill } from '../../ui/StatusPill';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { useChangedHosts, useRollback } from './queries';
import { readinessOf, rollbackSentence } from './words';

/** Says what can be taken back where, why not elsewhere, and then asks. */
export function RollbackDialog(props: {
  job: Job;
  onClose: () => void;
  onStarted: (id: string) => void;
}) {
  const hosts = useChangedHosts(props.job, true);
  const rollback = useRollback(props.job, props.onStarted);
  const [withPartial, setWithPartial] = useState(false);
  const groups = readinessOf(hosts.data ?? []);
  const chosen = [...groups.ready, ...(withPartial ? groups.partial : [])];
  const problem = problemOf(hosts);
  return (
    <Confirm
      open
      title="Roll back"
      verb={`Roll back ${count(chosen.length, 'host')}`}
      danger
      busy={rollback.isPending}
      disabled={chosen.length === 0}
      error={rollback.error ? refusal(rollback.error) : undefined}
      requestId={requestIdOf(rollback.error)}
      onClose={props.onClose}
      onConfirm={() => rollback.mutate(chosen.map((host) => host.host_id))}
    >
      <Stack sx={{ gap: 2 }}>
        {problem && <ErrorState {...problem} onRetry={problem.retry} />}
        {!problem && !hosts.data && (
          <TextSkeleton lines={3} label="Asking what can be taken back" />
        )}
        {hosts.data?.length === 0 && (
          <span>No host of this job changed any package: there is nothing to take back.</span>
        )}
        {chosen.length > 0 && <span>{rollbackSentence(groups, withPartial)}</span>}
        {groups.partial.length > 0 && (
          <>
            <Reasons hosts={groups.partial} state="partial" />
            <FormControlLabel
              control={
                <Checkbox
                  size="small"
                  checked={withPartial}
                  onChange={(e) => setWithPartial(e.target.checked)}
                />
              }
              label={`Also take back what is possible on ${count(groups.partial.length, 'of these hosts', 'of these hosts')}`}
            />
          </>
        )}
        {groups.impossible.length > 0 && <Reasons hosts={groups.impossible} state="impossible" />}
      </Stack>
    </Confirm>
  );
}

function Reasons(props: { hosts: JobHost[]; state: string }) {
  return (
    <Box
      component="ul"
      sx={{
        listStyle: 'none',
        m: 0,
        p: 0,
        display: 'grid',
        gap: 1,
        maxHeight: 220,
        overflow: 'auto',
      }}
      tabIndex={0}
      aria-label={rollbackStatus(props.state).label}
    >
      {props.hosts.map((host) => (
        <li key={host.host_id}>
          <StatusPill status={rollbackStatus(props.state)} /> <strong>{host.host_name}</strong>:{' '}
          {host.rollback?.reasons.join('; ') || 'the agent has not said that it can.'}
        </li>
      ))}
    </Box>
  );
}

/** The manager names a reason for each host that it refuses. */
function refusal(error: unknown): string {
  const details =
    error instanceof ApiError
      ? error.details.map((detail) => `${detail.value}: ${detail.message}`)
      : [];
  return [messageOf(error), ...details].join(' ');
}
