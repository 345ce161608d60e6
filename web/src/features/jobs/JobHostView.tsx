import type { Job, JobHost } from '../../api/types';
import { duration } from '../../lib/dates';
import { paths } from '../../lib/paths';
import { isFinal, jobHostStatus, rollbackStatus } from '../../lib/status';
import { count, plain } from '../../lib/words';
import { Link } from '../../ui/Link';
import { Alert, Box, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { Stepper } from '../../ui/Stepper';
import { Time } from '../../ui/Time';
import { Log } from './Log';
import { phaseSteps } from './phases';
import { useJobLog } from './useJobLog';

/** One host's share: where it is, what went wrong, what changed, what was said. */
export function JobHostView({ job, host }: { job: Job; host: JobHost }) {
  const log = useJobLog(job.id, host.host_id);
  const steps = phaseSteps(job, host, log.events);
  return (
    <Stack component="section" aria-label={`Host ${host.host_name}`} sx={{ gap: 2, minWidth: 0 }}>
      <Panel
        title={
          <>
            <Link to={paths.host(host.host_id)}>{host.host_name}</Link>{' '}
            <StatusPill status={jobHostStatus(host.state)} />
          </>
        }
        actions={<Box sx={{ color: 'text.secondary', fontSize: 13 }}>{timing(host)}</Box>}
      >
        <Stack sx={{ gap: 1.5 }}>
          {steps.length > 0 && <Stepper label="Phases" steps={steps} />}
          {!isFinal(host.state) && (
            <Box sx={{ display: 'flex', gap: 2, alignItems: 'center' }}>
              <ProgressBar
                percent={host.progress}
                status={jobHostStatus(host.state)}
                label={`Progress of ${host.host_name}`}
              />
              <span className="num">{host.progress}&nbsp;%</span>
            </Box>
          )}
          {host.message && !host.error && (
            <Box role="status" sx={{ fontSize: 13 }}>
              {host.message}
            </Box>
          )}
          <Trouble host={host} />
          <After job={job} host={host} />
        </Stack>
      </Panel>
      <Log job={job} host={host} log={log} />
      {host.changes.length > 0 && <Changes host={host} />}
    </Stack>
  );
}

function timing(host: JobHost): string {
  if (!host.started_at) return 'not started';
  const end = host.finished_at ? new Date(host.finished_at) : new Date();
  const took = duration((end.getTime() - new Date(host.started_at).getTime()) / 1000);
  return host.run > 1 ? `${took}, run ${host.run}` : took;
}

function Trouble({ host }: { host: JobHost }) {
  if (!host.error) return null;
  return (
    <Alert severity="error" variant="outlined" sx={{ alignItems: 'flex-start' }}>
      <Box sx={{ overflowWrap: 'anywhere' }}>{host.error.message}</Box>
      <Box sx={{ color: 'text.secondary', mt: 0.5 }}>
        <span className="mono">{host.error.code}</span>
        {host.next_attempt_at ? (
          <>
            {' '}
            · tried again <Time at={host.next_attempt_at} />
          </>
        ) : host.error.retryable ? (
          ' · may pass by itself: re-running can help'
        ) : (
          ' · re-running helps only after the cause is gone'
        )}
      </Box>
    </Alert>
  );
}

/** What remains to be known once the host is done. */
function After({ job, host }: { job: Job; host: JobHost }) {
  if (!isFinal(host.state) || host.changes.length === 0) return null;
  return (
    <Stack sx={{ gap: 0.75, fontSize: 13 }}>
      {job.kind === 'patch' && host.rollback && (
        <div>
          <StatusPill status={rollbackStatus(host.rollback.state)} />{' '}
          {host.rollback.reasons.join('; ')}
        </div>
      )}
      {host.reboot_needed && (
        <div>
          <StatusPill status={{ label: 'Reboot needed', tone: 'medium', shape: 'clock' }} /> The new
          code is in effect after a reboot.
        </div>
      )}
      {host.conffiles.length > 0 && (
        <div>
          {count(host.conffiles.length, 'configuration file')} kept as on the host:{' '}
          <span className="mono">{host.conffiles.join(', ')}</span>
        </div>
      )}
    </Stack>
  );
}

function Changes({ host }: { host: JobHost }) {
  const over = isFinal(host.state);
  return (
    <Panel title={count(host.changes.length, 'package')} flush>
      <SimpleTable
        caption={`Packages of ${host.host_name} before and after`}
        maxHeight={260}
        rows={host.changes}
        rowKey={(c) => `${c.action} ${c.name} ${c.arch}`}
        columns={[
          { name: 'Package', cell: (c) => c.name, mono: true },
          { name: 'Change', cell: (c) => plain(c.action) },
          { name: 'Before', cell: (c) => c.from_version || 'not installed', mono: true },
          {
            name: over ? 'After' : 'Planned',
            cell: (c) => (over ? c.after_version || 'not installed' : c.to_version || 'removed'),
            mono: true,
          },
          { name: 'Security', cell: (c) => (c.security ? 'yes' : 'no') },
          {
            name: 'Result',
            cell: (c) =>
              over ? (
                <StatusPill
                  status={
                    c.done
                      ? { label: 'Done', tone: 'ok', shape: 'check' }
                      : { label: 'Not as planned', tone: 'high', shape: 'warning' }
                  }
                />
              ) : c.done ? (
                'done'
              ) : (
                'to do'
              ),
          },
        ]}
      />
    </Panel>
  );
}
