import { useQueries } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import { count } from '../../lib/words';
import { Button, Stack } from '../../ui/mui';
import { EmptyState } from '../../ui/states';
import { allParts } from './filterWords';
import type { HostFilter } from './queries';

/** Says which part of the filter hides everything: what would be there without it. */
export function NothingMatches(props: {
  filter: HostFilter;
  groupName: (id: string) => string;
  onDrop: (name: string) => void;
  onClear: () => void;
}) {
  const parts = allParts(props.filter, props.groupName);
  const without = useQueries({
    queries: (parts.length > 1 ? parts : []).map(({ name }) => {
      const query = { ...props.filter, [name]: undefined, page_size: 1 };
      return {
        queryKey: keys.hostList(query),
        queryFn: ({ signal }: { signal: AbortSignal }) => call('listHosts', { query, signal }),
      };
    }),
  });
  const helps = parts.flatMap((part, i) => {
    const n = without[i]?.data?.total ?? 0;
    return n > 0 ? [{ ...part, n }] : [];
  });
  return (
    <EmptyState
      title="No host matches"
      action={
        <Stack sx={{ gap: 1, alignItems: 'center' }}>
          {helps.map((part) => (
            <Button key={part.name} onClick={() => props.onDrop(part.name)}>
              Without “{part.words}”: {count(part.n, 'host')}
            </Button>
          ))}
          <Button variant="outlined" onClick={props.onClear}>
            Clear the filter
          </Button>
        </Stack>
      }
    >
      {parts.length > 1 && helps.length === 0 && without.every((w) => w.data)
        ? 'No single part hides them: no host matches without any one of them either.'
        : parts.map((part) => part.words).join(' · ')}
    </EmptyState>
  );
}
