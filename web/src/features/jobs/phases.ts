import type { Job, JobEvent, JobHost } from '../../api/types';
import { isFinal, type Status } from '../../lib/status';
import { plain } from '../../lib/words';
import type { Step } from '../../ui/Stepper';

/** In the order an agent runs them; one that a job does not need is left out by the agent. */
export const phases = [
  'preflight',
  'refresh',
  'save',
  'download',
  'unpack',
  'configure',
  'reboot',
  'verify',
] as const;

const labels: Record<string, string> = {
  save: 'Save old packages',
  download: 'Download',
  refresh: 'Refresh lists',
};
export const phaseLabel = (phase: string) => labels[phase] ?? plain(phase);

const done: Status = { label: 'Done', tone: 'ok', shape: 'check' };
const later: Status = { label: 'Later', tone: 'neutral', shape: 'clock' };
const now: Status = { label: 'Now', tone: 'running', shape: 'play' };
const failed: Status = { label: 'Failed here', tone: 'critical', shape: 'cross' };
const stopped: Status = { label: 'Stopped here', tone: 'neutral', shape: 'stop' };

/**
 * The steps of a host's share. Once it is over only the phases that ran are shown;
 * before that, those still to come as well, so that one sees how much is left.
 */
export function phaseSteps(
  job: Pick<Job, 'kind' | 'reboot'>,
  host: JobHost,
  events: readonly JobEvent[],
): Step[] {
  const ran = new Set(events.map((event) => event.phase).filter(Boolean));
  if (host.phase) ran.add(host.phase);
  const over = isFinal(host.state);
  const current = phases.indexOf(host.phase as (typeof phases)[number]);
  const expected = (phase: string) =>
    job.kind !== 'refresh' &&
    job.kind !== 'reboot' &&
    (phase !== 'reboot' || job.reboot !== 'never');
  return phases
    .filter(
      (phase, i) =>
        ran.has(phase) || (!over && expected(phase) && (i > current || events.length === 0)),
    )
    .map((phase) => ({
      key: phase,
      label: phaseLabel(phase),
      status: statusOf(phase, host, current),
      current: phase === host.phase && !over,
    }));
}

function statusOf(phase: (typeof phases)[number], host: JobHost, current: number): Status {
  const i = phases.indexOf(phase);
  if (host.state === 'succeeded') return done;
  if (i < current) return done;
  if (i > current) return later;
  if (host.state === 'failed' || host.state === 'expired') return failed;
  if (host.state === 'cancelled') return stopped;
  return now;
}
