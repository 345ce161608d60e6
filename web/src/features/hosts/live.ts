import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import type { LiveMessage } from '../../api/live';
import { throttled } from '../../lib/throttled';

/** Facts of a host changed: what is shown of it is asked for again, lists at most once a second. */
export function hostsLive(client: QueryClient): (message: LiveMessage) => void {
  const lists = throttled(1000, () => {
    void client.invalidateQueries({ queryKey: [...keys.hosts, 'list'] });
    void client.invalidateQueries({ queryKey: keys.hostFacets });
    void client.invalidateQueries({ queryKey: keys.enrollments });
  });
  return (message) => {
    if (message.type === 'host') {
      void client.invalidateQueries({ queryKey: keys.host(message.host_id) });
      lists();
    }
    if (message.type === 'job_host') lists();
  };
}
