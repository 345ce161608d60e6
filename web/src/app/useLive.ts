import type { QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { live } from '../api/liveConnection';
import { dashboardLive } from '../features/dashboard/live';
import { hostsLive } from '../features/hosts/live';
import { jobsLive } from '../features/jobs/live';

/** Keeps the socket open while the shell is shown and lets every feature hear it. */
export function useLive(client: QueryClient) {
  useEffect(() => {
    const stops = [dashboardLive, hostsLive, jobsLive].map((make) => live.onMessage(make(client)));
    let lost = false;
    stops.push(
      live.onStatus(() => {
        if (live.getStatus() === 'polling') lost = true;
        if (live.getStatus() !== 'live' || !lost) return;
        lost = false;
        // Messages about states are not kept for those who were away: ask once for everything shown.
        void client.invalidateQueries();
      }),
    );
    const retry = () => live.retryNow();
    const whenSeen = () => document.visibilityState === 'visible' && retry();
    window.addEventListener('online', retry);
    document.addEventListener('visibilitychange', whenSeen);
    live.start();
    return () => {
      live.stop();
      window.removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', whenSeen);
      for (const stop of stops) stop();
    };
  }, [client]);
}
