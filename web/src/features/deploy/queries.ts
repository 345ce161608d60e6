import {
  keepPreviousData,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import { tidyPlanHost } from '../../api/tidy';
import type { JobInput, Operations, Plan } from '../../api/types';
import { type Draft, selectionOf } from './draft';

type HostQuery = NonNullable<Operations['listHosts']['query']>;

export function useHostChoice(query: HostQuery) {
  return useQuery({
    queryKey: keys.hostList(query),
    queryFn: ({ signal }) => call('listHosts', { query, signal }),
    placeholderData: keepPreviousData,
  });
}

function listed(text: string | null): string[] | undefined {
  return text ? text.split(',') : undefined;
}

/** Only filters that the hosts page has are passed on; anything else in the address is ignored. */
export function filterOf(all: string): HostQuery {
  const search = new URLSearchParams(all);
  const pending = search.get('pending');
  return {
    q: search.get('q') ?? undefined,
    state: listed(search.get('state')) as HostQuery['state'],
    os: listed(search.get('os')),
    group_id: listed(search.get('group_id')),
    pending:
      pending === 'any' || pending === 'security' || pending === 'none' ? pending : undefined,
    reboot: search.get('reboot') === 'true' ? 'true' : undefined,
  };
}

/** The first hosts that a filter matches, with how many there are. */
export function useMatching(all: string) {
  const query = { ...filterOf(all), sort: 'name', order: 'asc', page: 1, page_size: 5 } as const;
  return useQuery({
    queryKey: keys.hostList(query),
    queryFn: ({ signal }) => call('listHosts', { query, signal }),
    enabled: all !== '',
  });
}

/** Details of the few hosts that are named in sentences. */
export function useNamedHosts(ids: string[]) {
  return useQueries({
    queries: ids.slice(0, 5).map((id) => ({
      queryKey: keys.host(id),
      queryFn: ({ signal }: { signal: AbortSignal }) => call('getHost', { path: { id }, signal }),
      staleTime: 60_000,
    })),
  });
}

/** Packages that some of the chosen hosts miss, as suggestions. */
export function useSuggestions(ids: string[]) {
  return useQueries({
    queries: ids.slice(0, 5).map((id) => ({
      queryKey: keys.hostPart(id, 'hostPatches', { page: 1, page_size: 500 }),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        call('hostPatches', { path: { id }, query: { page: 1, page_size: 500 }, signal }),
      staleTime: 60_000,
    })),
    combine: (answers) =>
      [...new Set(answers.flatMap((a) => a.data?.items.map((patch) => patch.name) ?? []))].sort(),
  });
}

async function resolveHosts(draft: Draft): Promise<string[]> {
  if (!draft.all) return draft.hosts;
  const ids = new Set<string>();
  for (let page = 1; ; page++) {
    const answer = await call('listHosts', {
      query: { ...filterOf(draft.all), sort: 'name', order: 'asc', page, page_size: 500 },
    });
    for (const host of answer.items) ids.add(host.id);
    if (answer.items.length === 0 || page * 500 >= answer.total) return [...ids];
  }
}

/** Asks every chosen host for the exact transaction; the answers come in one by one. */
export function useMakePlan(onMade: (plan: Plan) => void) {
  return useMutation({
    mutationFn: async (draft: Draft) => {
      const host_ids = await resolveHosts(draft);
      if (host_ids.length === 0) throw new Error('No host matches any more. Choose again.');
      return call('createPlan', {
        body: { host_ids, selection: selectionOf(draft), allow_removals: draft.removals },
      });
    },
    onSuccess: onMade,
  });
}

export function usePlan(id: string) {
  return useQuery({
    queryKey: keys.plan(id),
    queryFn: async ({ signal }) => {
      const plan = await call('getPlan', { path: { id }, signal });
      return { ...plan, hosts: plan.hosts?.map(tidyPlanHost) };
    },
    enabled: id !== '',
    refetchInterval: (query) => (query.state.data?.state === 'computing' ? 1000 : false),
  });
}

export function useRun(onStarted: (jobId: string) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: JobInput) => call('createJob', { body }),
    onSuccess: (job) => {
      void client.invalidateQueries({ queryKey: keys.jobLists });
      void client.invalidateQueries({ queryKey: keys.fleet });
      onStarted(job.id);
    },
  });
}
