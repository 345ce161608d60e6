import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import type { Operations } from '../../api/types';
import { count } from '../../lib/words';
import { notify } from '../../ui/notify';

type HostQuery = NonNullable<Operations['listHosts']['query']>;
type GroupFilter = NonNullable<Operations['listGroups']['query']>;

export function useGroups(filter: GroupFilter) {
  return useQuery({
    queryKey: keys.groupList(filter),
    queryFn: ({ signal }) => call('listGroups', { query: filter, signal }),
    placeholderData: keepPreviousData,
  });
}

export function useGroup(id: string) {
  return useQuery({
    queryKey: keys.group(id),
    queryFn: ({ signal }) => call('getGroup', { path: { id }, signal }),
  });
}

/** Users in a group, with what their other groups show them. */
export function useMembers(id: string) {
  const query = { group_id: id, page_size: 500 };
  return useQuery({
    queryKey: keys.userList(query),
    queryFn: ({ signal }) => call('listUsers', { query, signal }),
  });
}

export function useHostList(query: HostQuery) {
  return useQuery({
    queryKey: keys.hostList(query),
    queryFn: ({ signal }) => call('listHosts', { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** All users, to choose members from. */
export function useEverybody() {
  return useQuery({
    queryKey: keys.userList({ all: true }),
    queryFn: ({ signal }) => call('listUsers', { query: { page_size: 500 }, signal }),
  });
}

/** A group decides which hosts somebody sees, so all three are asked for again. */
function useChanged() {
  const client = useQueryClient();
  return () => {
    for (const queryKey of [keys.groups, keys.hosts, keys.users, keys.fleet])
      void client.invalidateQueries({ queryKey });
  };
}

export function useSaveGroup(id: string | undefined, onDone: (id: string) => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      id ? call('updateGroup', { path: { id }, body }) : call('createGroup', { body }),
    onSuccess: (group) => onDone(group.id),
    onSettled: changed,
  });
}

export function useDeleteGroup(id: string, onDone: () => void) {
  const client = useQueryClient();
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('deleteGroup', { path: { id } }),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.group(id) });
      onDone();
      changed();
    },
  });
}

export function useAddHosts(id: string, name: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (host_ids: string[]) => call('addGroupHosts', { path: { id }, body: { host_ids } }),
    onSuccess: (_, hosts) => {
      notify(`${count(hosts.length, 'host')} added to ${name}.`, 'success');
      onDone();
    },
    onSettled: changed,
  });
}

export function useRemoveHosts(id: string, name: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (host_ids: string[]) =>
      call('removeGroupHosts', { path: { id }, body: { host_ids } }),
    onSuccess: (_, hosts) => {
      notify(`${count(hosts.length, 'host')} removed from ${name}.`, 'success');
      onDone();
    },
    onSettled: changed,
  });
}

/** Members are stored as a whole: the newest list is taken, so that a change by somebody else stays. */
export function useChangeMembers(id: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: async (change: { add?: string[]; remove?: string }) => {
      const { items } = await call('groupMembers', { path: { id } });
      const kept = items.map((user) => user.id).filter((user) => user !== change.remove);
      const user_ids = [...new Set([...kept, ...(change.add ?? [])])];
      return call('setGroupMembers', { path: { id }, body: { user_ids } });
    },
    onSuccess: onDone,
    onSettled: changed,
  });
}

/** More than this is not looked at one by one to say what a removal means. */
export const mostLookedAt = 500;

/** The first hosts of a group with their other groups. */
export function useHostsOf(id: string) {
  return useHostList({
    group_id: [id],
    sort: 'name',
    order: 'asc',
    page: 1,
    page_size: mostLookedAt,
  });
}
