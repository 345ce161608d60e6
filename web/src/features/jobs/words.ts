import type { Job, JobCounts, JobHost } from '../../api/types';
import { jobHostStateOrder, jobHostStatus } from '../../lib/status';
import { count, listOf } from '../../lib/words';

/** "1 failed, 2 succeeded": what became of the hosts, failures first. */
export function resultWords(counts: JobCounts): string {
  const parts = jobHostStateOrder
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${jobHostStatus(state).label.toLowerCase()}`);
  return parts.join(', ') || count(counts.total, 'host');
}

/** What a job's state means for a person, in one sentence for screen readers and the header. */
export function stateSentence(job: Job): string {
  return `Job ${job.number}: ${job.state.replaceAll('_', ' ')}, ${job.progress} percent, ${resultWords(job.counts)}.`;
}

/** What pressing cancel does now. */
export function cancelSentence(counts: JobCounts): string {
  const notStarted = counts.waiting + counts.queued;
  const running = counts.claimed + counts.running + counts.lost;
  const parts: string[] = [];
  if (notStarted > 0)
    parts.push(
      `${count(notStarted, 'host')} that ${notStarted === 1 ? 'has' : 'have'} not started will not start.`,
    );
  if (running > 0)
    parts.push(
      `${count(running, 'host')} under way ${running === 1 ? 'stops' : 'stop'} at the next safe point; a running package transaction is finished first.`,
    );
  return parts.join(' ') || 'Nothing is left to cancel.';
}

export type Readiness = { ready: JobHost[]; partial: JobHost[]; impossible: JobHost[] };

/** The hosts that changed something by whether it can be taken back; no answer counts as impossible. */
export function readinessOf(hosts: JobHost[]): Readiness {
  const groups: Readiness = { ready: [], partial: [], impossible: [] };
  for (const host of hosts) groups[host.rollback?.state ?? 'impossible'].push(host);
  return groups;
}

/** What the rollback does, before it is confirmed. */
export function rollbackSentence(groups: Readiness, withPartial: boolean): string {
  const chosen = [...groups.ready, ...(withPartial ? groups.partial : [])];
  const packages = chosen.reduce((sum, host) => sum + host.changes.length, 0);
  return `Put ${count(packages, 'package')} on ${count(chosen.length, 'host')} (${listOf(chosen.map((h) => h.host_name))}) back to the versions from before this job, now. Nothing newer is installed.`;
}
