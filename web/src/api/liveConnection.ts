import { useEffect, useSyncExternalStore } from 'react';
import { call, renewSession } from './client';
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
  // The renewal finds out: a session that has ended leads to the sign-in page at once, and one
  // whose rights changed comes back with the user's new role.
  refused: (reason) => {
    if (reason !== 'session_ended' && reason !== 'rights_changed') return;
    renewSession().catch(() => undefined); // no answer: the next call asks again
  },
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
