import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import type { NewUser, Operations, UserChange } from '../../api/types';
import { count } from '../../lib/words';
import { notify } from '../../ui/notify';

export type UserFilter = NonNullable<Operations['listUsers']['query']>;

/** Nobody tells pages about sign-ins, locks and ended sessions: they are asked for. */
const interval = 15_000;

export function useUsers(filter: UserFilter) {
  return useQuery({
    queryKey: keys.userList(filter),
    queryFn: ({ signal }) => call('listUsers', { query: filter, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: interval,
  });
}

export function useUser(id: string) {
  return useQuery({
    queryKey: keys.user(id),
    queryFn: ({ signal }) => call('getUser', { path: { id }, signal }),
    refetchInterval: interval,
  });
}

export function useUserSessions(id: string) {
  return useQuery({
    queryKey: keys.userSessions(id),
    queryFn: ({ signal }) => call('userSessions', { path: { id }, signal }),
    refetchInterval: interval,
  });
}

export function useUserTokens(id: string) {
  return useQuery({
    queryKey: keys.userTokens(id),
    queryFn: ({ signal }) => call('userTokens', { path: { id }, signal }),
    refetchInterval: interval,
  });
}

/** Users are counted in groups, so both are asked for again. */
function useChanged() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.users });
    void client.invalidateQueries({ queryKey: keys.groups });
  };
}

export function useCreateUser() {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: NewUser) => call('createUser', { body }),
    onSuccess: changed,
  });
}

export function useUpdateUser(id: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (body: UserChange) => call('updateUser', { path: { id }, body }),
    onSuccess: onDone,
    onSettled: changed,
  });
}

export function useDeleteUser(id: string, onDone: () => void) {
  const client = useQueryClient();
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('deleteUser', { path: { id } }),
    onSuccess: () => {
      client.removeQueries({ queryKey: keys.user(id) });
      onDone();
      changed();
    },
  });
}

export function useResetPassword(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('resetPassword', { path: { id } }),
    onSuccess: changed,
  });
}

/** An act without an answer: new second factors, an end of the lock. */
export function useUserAct(operation: 'resetMfa' | 'unlockUser', id: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call(operation, { path: { id } }),
    onSuccess: onDone,
    onSettled: changed,
  });
}

export function useEndSessions(id: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => call('endUserSessions', { path: { id } }),
    onSuccess: ({ ended }) => {
      notify(`${count(ended, 'session')} ended.`, 'success');
      onDone();
    },
    onSettled: changed,
  });
}

export function useEndSession(id: string) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (session_id: string) => call('endUserSession', { path: { id, session_id } }),
    onSuccess: () => notify('The session has ended.', 'success'),
    onError: (error) => notify(messageOf(error), 'error'),
    onSettled: changed,
  });
}

export function useRevokeUserToken(id: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: (token_id: string) => call('revokeUserToken', { path: { id, token_id } }),
    onSuccess: () => {
      notify('The token no longer works.', 'success');
      onDone();
    },
    onSettled: changed,
  });
}
