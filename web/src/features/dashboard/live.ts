import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import type { LiveMessage } from '../../api/live';
import { throttled } from '../../lib/throttled';

/** Totals are asked for again at most once a second, however much happens. */
export function dashboardLive(client: QueryClient): (message: LiveMessage) => void {
  const refresh = throttled(1000, () => void client.invalidateQueries({ queryKey: keys.fleet }));
  return (message) => {
    if (message.type === 'job' || message.type === 'host') refresh();
  };
}
