import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import { usePolling } from '../../api/liveConnection';
import { useMay } from '../../api/session';
import type { Host, Operations } from '../../api/types';
import { notify } from '../../ui/notify';

export type HostFilter = NonNullable<Operations['listHosts']['query']>;

export function useHosts(filter: HostFilter) {
  return useQuery({
    queryKey: keys.hostList(filter),
    queryFn: ({ signal }) => call('listHosts', { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: usePolling(),
  });
}

/** What each choice leaves under the rest of the filter. */
export function useHostFacets(filter: HostFilter) {
  return useQuery({
    queryKey: [...keys.hostFacets, filter],
    queryFn: ({ signal }) => call('hostFacets', { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: usePolling(),
  });
}

/** Machines that wait for approval, for the banner; the page of their own has the rest. */
export function usePendingEnrollments() {
  const enabled = useMay('enrollment.read');
  return useQuery({
    enabled,
    queryKey: [...keys.enrollmentList('pending'), 'count'],
    queryFn: ({ signal }) =>
      call('listEnrollments', { query: { status: 'pending', page_size: 1 }, signal }),
    refetchInterval: 30_000,
  });
}

export function useHost(id: string) {
  const polling = usePolling();
  return useQuery({
    queryKey: keys.host(id),
    queryFn: ({ signal }) => call('getHost', { path: { id }, signal }),
    // The end of a refresh is seen at once, also when its live message was lost.
    refetchInterval: (query) => (query.state.data?.refreshing ? 1000 : polling),
  });
}

/** One page of a part of a host: patches, packages, jobs or timeline. */
export function useHostPart<K extends 'hostPatches' | 'hostPackages' | 'hostTimeline'>(
  operation: K,
  id: string,
  query: Operations[K]['query'],
) {
  return useQuery({
    queryKey: keys.hostPart(id, operation, query ?? {}),
    queryFn: ({ signal }) =>
      call(operation, { path: { id }, query, signal } as never) as Promise<Operations[K]['ok']>,
    placeholderData: keepPreviousData,
    refetchInterval: usePolling(),
  });
}

export function useHostJobs(id: string, query: { page: number; page_size: number }) {
  return useQuery({
    queryKey: keys.jobList({ host_id: id, ...query }),
    queryFn: ({ signal }) => call('listJobs', { query: { host_id: id, ...query }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: usePolling(),
  });
}

/** Asks the agent for fresh facts; the host shows "refreshing" until they are there. */
export function useRefreshHost(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('refreshHost', { path: { id } }),
    onSuccess: () => {
      client.setQueryData<Host>(keys.host(id), (host) => host && { ...host, refreshing: true });
      void client.invalidateQueries({ queryKey: keys.host(id) });
    },
    onError: (error) => notify(messageOf(error), 'error'),
  });
}

/** A group decides who sees a host, so its numbers and the lists are asked for again. */
function useGroupsChanged() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.groups });
    void client.invalidateQueries({ queryKey: keys.hosts });
  };
}

export function useSetHostGroups(id: string, onDone: () => void) {
  const changed = useGroupsChanged();
  return useMutation({
    mutationFn: (group_ids: string[]) =>
      call('setHostGroups', { path: { id }, body: { group_ids } }),
    onSuccess: onDone,
    onSettled: changed,
  });
}

export function useRemoveHost(id: string, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('removeHost', { path: { id } }),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.host(id) });
      void client.invalidateQueries({ queryKey: keys.hosts });
      void client.invalidateQueries({ queryKey: keys.fleet });
      onDone();
    },
  });
}

export function useRebootHost(host: Host, onDone: (jobId: string) => void) {
  return useMutation({
    mutationFn: () =>
      call('createJob', {
        body: { kind: 'reboot', host_ids: [host.id], reboot: 'always', allow_removals: false },
      }),
    onSuccess: (job) => onDone(job.id),
  });
}
