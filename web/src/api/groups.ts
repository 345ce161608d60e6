import { useQuery } from '@tanstack/react-query';
import { call } from './client';
import { keys } from './keys';
import type { Group } from './types';

/** All groups that the reader may see, for choices and names; several features need them. */
export function useAllGroups() {
  return useQuery({
    queryKey: keys.groupList({ all: true }),
    queryFn: ({ signal }) => call('listGroups', { query: { page_size: 500 }, signal }),
    staleTime: 30_000,
  });
}

/** Names of the groups with these ids; a group that is not seen keeps its id. */
export function groupNames(ids: string[], known: Group[] | undefined): string[] {
  return ids.map((id) => known?.find((group) => group.id === id)?.name ?? id);
}
