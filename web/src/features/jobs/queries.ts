import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import { live, usePolling } from '../../api/liveConnection';
import { tidyJobHost } from '../../api/tidy';
import type { Job, JobHost, Operations } from '../../api/types';
import { isFinal } from '../../lib/status';
import { notify } from '../../ui/notify';

export type JobFilter = NonNullable<Operations['listJobs']['query']>;

export function useJobs(filter: JobFilter) {
  return useQuery({
    queryKey: keys.jobList(filter),
    queryFn: ({ signal }) => call('listJobs', { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: usePolling(),
  });
}

export function useJob(id: string) {
  const polling = usePolling();
  return useQuery({
    queryKey: keys.job(id),
    queryFn: ({ signal }) => call('getJob', { path: { id }, signal }),
    refetchInterval: (query) =>
      query.state.data && isFinal(query.state.data.state) ? false : polling,
  });
}

export function useJobHosts(
  job: Job,
  filter: { state?: string; page: number; page_size: number },
  enabled = true,
) {
  const polling = usePolling();
  return useQuery({
    queryKey: keys.jobHostList(job.id, filter),
    queryFn: async ({ signal }) => {
      const page = await call('listJobHosts', { path: { id: job.id }, query: filter, signal });
      return { ...page, items: page.items.map(tidyJobHost) };
    },
    placeholderData: keepPreviousData,
    refetchInterval: isFinal(job.state) ? false : polling,
    enabled,
  });
}

/** All hosts of a job that changed something, for the rollback's question. */
export function useChangedHosts(job: Job, enabled: boolean) {
  return useQuery({
    queryKey: keys.jobHostList(job.id, { all: true }),
    queryFn: async ({ signal }) => {
      const hosts: JobHost[] = [];
      for (let page = 1; ; page++) {
        const answer = await call('listJobHosts', {
          path: { id: job.id },
          query: { page, page_size: 500 },
          signal,
        });
        hosts.push(...answer.items.map(tidyJobHost));
        if (answer.items.length === 0 || hosts.length >= answer.total) break;
      }
      return hosts.filter((host) =>
        host.changes.some((change) => change.after_version !== (change.from_version ?? '')),
      );
    },
    enabled,
    staleTime: 0,
  });
}

/** Follows a job over the socket while its page is open, from the newest event that it shows. */
export function useFollowJob(id: string, hosts: JobHost[] | undefined) {
  const ready = hosts !== undefined;
  // Only the first answer counts: later events come over the subscription itself.
  const newest = hosts?.reduce((most, host) => Math.max(most, host.last_event_id), 0) ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new cursor must not subscribe again
  useEffect(() => {
    if (!ready) return;
    return live.followJob(id, newest);
  }, [id, ready]);
}

function useChanged() {
  const client = useQueryClient();
  return (job: Job) => {
    client.setQueryData(keys.job(job.id), job);
    void client.invalidateQueries({ queryKey: keys.jobs });
    void client.invalidateQueries({ queryKey: keys.fleet });
  };
}

export function useCancelJob(job: Job, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('cancelJob', { path: { id: job.id } }),
    onSuccess: (answer) => {
      changed(answer);
      onDone();
    },
  });
}

export function useRollback(job: Job, onStarted: (id: string) => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (host_ids: string[]) =>
      call('rollbackJob', { path: { id: job.id }, body: { host_ids } }),
    onSuccess: (answer) => {
      changed(answer);
      onStarted(answer.id);
    },
  });
}

export function useRerun(job: Job, onStarted: (id: string) => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('rerunJob', { path: { id: job.id }, body: {} }),
    onSuccess: (answer) => {
      changed(answer);
      onStarted(answer.id);
    },
    onError: (error) => notify(messageOf(error), 'error'),
  });
}
