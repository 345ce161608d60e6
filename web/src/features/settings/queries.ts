import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { ApiError } from '../../api/errors';
import { keys } from '../../api/keys';
import type { Operations, ProviderInput, Settings } from '../../api/types';
import { notify } from '../../ui/notify';

export function useSettings(interval: number | false = false) {
  return useQuery({
    queryKey: keys.settings,
    queryFn: ({ signal }) => call('getSettings', { signal }),
    refetchInterval: interval,
  });
}

/** Puts what a section became into the cache, so that the page never shows the old one again. */
function useKeep() {
  const client = useQueryClient();
  return <K extends keyof Settings>(section: K, value: Settings[K]) =>
    client.setQueryData<Settings>(keys.settings, (all) => all && { ...all, [section]: value });
}

type Body<K extends 'setSecurity' | 'setAudit' | 'setAccess'> = Operations[K]['body'];

export function useSetSecurity() {
  const keep = useKeep();
  return useMutation({
    mutationFn: (body: Body<'setSecurity'>) => call('setSecurity', { body }),
    onSuccess: (section) => {
      keep('security', section);
      notify('Saved. It is in force within 2 seconds.', 'success');
    },
  });
}

export function useSetAudit() {
  const keep = useKeep();
  return useMutation({
    mutationFn: (body: Body<'setAudit'>) => call('setAudit', { body }),
    onSuccess: (section) => {
      keep('audit', section);
      notify('Saved. It is in force within 2 seconds.', 'success');
    },
  });
}

export function useSetAccess() {
  const keep = useKeep();
  return useMutation({
    mutationFn: (body: Body<'setAccess'>) => call('setAccess', { body }),
    onSuccess: (section) => {
      keep('access', section);
      if (!section.revert_at) notify('Saved. It is in force within 2 seconds.', 'success');
    },
  });
}

export function useConfirmAccess() {
  const client = useQueryClient();
  const keep = useKeep();
  return useMutation({
    mutationFn: () => call('confirmAccess', {}),
    onSuccess: (section) => {
      keep('access', section);
      notify('The allowed addresses stay as they are.', 'success');
    },
    // Too late, or somebody else was quicker: either way what is stored is shown.
    onError: () => void client.invalidateQueries({ queryKey: keys.settings }),
  });
}

/** Whether somebody else changed the section between opening and saving it. */
export const isConflict = (error: unknown) =>
  error instanceof ApiError && error.code === 'settings_changed';

export const wouldShutOut = (error: unknown) =>
  error instanceof ApiError && error.code === 'would_shut_you_out';

export function useLocalAdmins() {
  const query = { role: ['admin' as const], page_size: 500 };
  return useQuery({
    queryKey: keys.userList(query),
    queryFn: ({ signal }) => call('listUsers', { query, signal }),
    select: ({ items }) => items.filter((user) => user.local && user.status !== 'disabled'),
  });
}

export function useProviders() {
  return useQuery({
    queryKey: keys.providers,
    queryFn: ({ signal }) => call('listProviders', { signal }),
  });
}

export function useSaveProvider(id: string | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: ProviderInput) =>
      id
        ? call('updateProvider', { path: { id }, body })
        : call('createProvider', { body: { ...body, enabled: false } }),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.providers }),
  });
}

export function useEnableProvider(id: string, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (enabled: boolean) => call('updateProvider', { path: { id }, body: { enabled } }),
    onSuccess: onDone,
    onSettled: () => void client.invalidateQueries({ queryKey: keys.providers }),
  });
}

export function useDeleteProvider(id: string, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('deleteProvider', { path: { id } }),
    onSuccess: onDone,
    onSettled: () => void client.invalidateQueries({ queryKey: keys.providers }),
  });
}

/** Starts a test and opens the provider's page beside this one. */
export function useStartTest(id: string) {
  return useMutation({
    mutationFn: async () => {
      const test = await call('testProvider', { path: { id } });
      const opened = test.authorize_url ? openBeside(test.authorize_url) : true;
      return { ...test, opened };
    },
  });
}

/** False when the browser did not allow the window; then a link has to do. */
export function openBeside(url: string): boolean {
  return window.open(url, 'pm-sso-test', 'popup,width=540,height=720') !== null;
}

export function useTest(id: string) {
  return useQuery({
    queryKey: keys.ssoTest(id),
    queryFn: ({ signal }) => call('getSsoTest', { path: { id }, signal }),
    enabled: id !== '',
    refetchInterval: (query) => (query.state.data?.state === 'waiting' ? 1000 : false),
  });
}
