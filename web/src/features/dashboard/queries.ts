import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import { usePolling } from '../../api/liveConnection';

/** Fleet totals: pushed by live messages, asked for while the socket is down. */
export function useFleet() {
  const polling = usePolling();
  return useQuery({
    queryKey: keys.fleet,
    queryFn: ({ signal }) => call('fleetStatus', { signal }),
    // Live messages say when something changed; a minute covers what no message tells, such as age.
    refetchInterval: polling || 60_000,
  });
}
