import { useEffect, useSyncExternalStore } from 'react';
import { call } from './client';
import { LiveConnection, type LiveMessage } from './live';

/** The connection of this page; the shell starts it once somebody is signed in. */
export const live = new LiveConnection({
  ticket: async () => (await call('createTicket', {})).ticket,
  open: (ticket) => {
    const url = new URL('/api/v1/ws/jobs', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('ticket', ticket);
    return new WebSocket(url);
  },
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
});

export function useLiveStatus() {
  return useSyncExternalStore(live.onStatus, live.getStatus);
}

/** How often to ask while the socket is down, in milliseconds; false while it is live. */
export function usePolling(): number | false {
  return useLiveStatus() === 'live' ? false : 5000;
}

export function useLiveMessages(listener: (message: LiveMessage) => void) {
  useEffect(() => live.onMessage(listener), [listener]);
}
