import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import type { LiveMessage } from '../../api/live';
import { tidyJobHost } from '../../api/tidy';
import type { Job, JobHost, JobHostPage, JobPage, JobSummary } from '../../api/types';
import { throttled } from '../../lib/throttled';

/** Writes what happens to jobs into what is shown of them. */
export function jobsLive(client: QueryClient): (message: LiveMessage) => void {
  const lists = throttled(1000, () => void client.invalidateQueries({ queryKey: keys.jobLists }));
  const pending = new Map<string, () => void>();
  const hostLists = (jobId: string) => {
    const refresh =
      pending.get(jobId) ??
      throttled(1000, () => {
        pending.delete(jobId);
        void client.invalidateQueries({ queryKey: keys.jobHosts(jobId) });
      });
    pending.set(jobId, refresh);
    refresh();
  };
  return (message) => {
    if (message.type === 'job') applyJob(client, message.job, lists);
    if (message.type === 'job_host' && applyHost(client, message.job_id, tidyJobHost(message.host)))
      hostLists(message.job_id);
  };
}

/** A job that no list shows yet makes the lists ask again. */
function applyJob(client: QueryClient, job: JobSummary, lists: () => void) {
  client.setQueryData<Job>(keys.job(job.id), (old) => old && { ...old, ...job });
  let stateChanged = true;
  client.setQueriesData<JobPage>({ queryKey: keys.jobLists }, (page) => {
    const before = page?.items.find((item) => item.id === job.id);
    if (!page || !before) return page;
    if (before.state === job.state) stateChanged = false;
    return {
      ...page,
      items: page.items.map((item) => (item.id === job.id ? { ...item, ...job } : item)),
    };
  });
  // Rows move between filters only when the state changes.
  if (stateChanged) lists();
}

/** Replaces the host's row where it stands and reports whether order or filters may have changed. */
function applyHost(client: QueryClient, jobId: string, host: JobHost): boolean {
  let moved = false;
  client.setQueriesData<JobHostPage>({ queryKey: keys.jobHosts(jobId) }, (page) => {
    if (!page?.items) return page;
    const before = page.items.find((item) => item.host_id === host.host_id);
    if (!before) return page;
    if (before.state !== host.state) moved = true;
    return {
      ...page,
      items: page.items.map((item) =>
        item.host_id === host.host_id ? { ...item, ...host } : item,
      ),
    };
  });
  return moved;
}
