import { useSyncExternalStore } from 'react';
import { can, type Permission, whyNot } from '../lib/can';
import type { Session, User } from './types';

/**
 * Who is signed in in this tab. The access token lives in this module only: never
 * in storage, so that nothing but the HttpOnly cookie survives the page.
 *
 *   starting --(refresh by cookie)--> signed_in | signed_out
 *   signed_out --(login)--> signed_in --(logout, refresh refused)--> signed_out
 */
export type SessionState = {
  status: 'starting' | 'signed_in' | 'signed_out';
  user: User | null;
  /** Why nobody is signed in any more; empty when nobody was, or it was asked for here. */
  why: '' | 'ended' | 'other_tab';
};

let token = '';
let state: SessionState = { status: 'starting', user: null, why: '' };
const listeners = new Set<() => void>();

/** Tells the other tabs of this browser; absent in very old browsers and some tests. */
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('pm-session');

type TabMessage = 'signed_in' | 'signed_out';

function set(next: SessionState, nextToken: string) {
  token = nextToken;
  state = next;
  for (const listener of listeners) listener();
}

export const session = {
  token: () => token,
  get: () => state,

  /** Takes over what login, refresh or a password change answered. */
  begin(answer: Session, announce = false) {
    set({ status: 'signed_in', user: answer.user, why: '' }, answer.access_token);
    if (announce) tabs?.postMessage('signed_in' satisfies TabMessage);
  },

  /** Takes over what the manager now knows of the signed-in user. */
  update(user: User) {
    if (state.status === 'signed_in') set({ ...state, user }, token);
  },

  /** Forgets the user because somebody asked to sign out here; the other tabs follow. */
  leave() {
    set({ status: 'signed_out', user: null, why: '' }, '');
    tabs?.postMessage('signed_out' satisfies TabMessage);
  },

  /** Forgets the user for another reason, which whoever was signed in is told. */
  end(why: SessionState['why'] = '') {
    set({ status: 'signed_out', user: null, why: state.user ? why : state.why }, '');
  },

  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },

  /** Calls back when another tab signed in or out. */
  onOtherTab(listener: (message: TabMessage) => void) {
    const receive = (event: MessageEvent<TabMessage>) => listener(event.data);
    tabs?.addEventListener('message', receive);
    return () => tabs?.removeEventListener('message', receive);
  },
};

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.get);
}

/** Whether the signed-in user's role has a permission. */
export function useMay(permission: Permission): boolean {
  return can(useSession().user, permission);
}

/** Why the signed-in user may not; empty when they may. */
export function useWhyNot(permission: Permission): string {
  return whyNot(useSession().user, permission);
}
