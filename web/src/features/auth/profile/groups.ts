import { useQuery } from '@tanstack/react-query';
import { call } from '../../../api/client';
import { keys } from '../../../api/keys';

/** The groups that this user sees, for narrowing a token. */
export function useGroups() {
  return useQuery({
    queryKey: keys.groupList({ page_size: 500 }),
    queryFn: ({ signal }) => call('listGroups', { query: { page_size: 500 }, signal }),
    staleTime: 60_000,
  });
}

/** The name of a group; a group that is gone or out of sight shows its id. */
export function useGroupNames(): (id: string) => string {
  const groups = useGroups();
  const names = new Map((groups.data?.items ?? []).map((group) => [group.id, group.name]));
  return (id) => names.get(id) ?? id;
}
