import { handle, state } from './backend';
import { MockSocket } from './socket';

/**
 * Stands in for the manager in `npm run dev:mock`. The query of the address chooses
 * what to look at: ?mock=signed-out, must-change, empty, failing:/hosts, no-socket,
 * auditor, operator, first (the first sign-in), mfa (signing in asks for a second factor), sso,
 * sso-only (signed out), stale (dangerous acts want the second factor again).
 */
const wish = new URLSearchParams(window.location.search).get('mock') ?? '';
state.signedIn = !['signed-out', 'mfa', 'sso-only'].includes(wish);
state.mustChange = wish === 'must-change' || wish === 'first';
state.mustSetUpMfa = wish === 'first';
state.challenge = wish === 'mfa';
state.fresh = wish !== 'stale';
state.sso = wish === 'signed-out' || wish === 'sso' || wish === 'mfa';
state.ssoOnly = wish === 'sso-only';
state.empty = wish === 'empty';
if (wish === 'auditor' || wish === 'operator') state.role = wish;
state.failing = wish.startsWith('failing:') ? wish.slice('failing:'.length) : '';

const real = window.fetch.bind(window);
window.fetch = async (input, init) => {
  const request = new Request(
    new URL(String(input instanceof Request ? input.url : input), window.location.href),
    init,
  );
  return new URL(request.url).pathname.startsWith('/api/') ? handle(request) : real(input, init);
};

const RealSocket = window.WebSocket;
window.WebSocket = new Proxy(RealSocket, {
  construct(target, [url, protocols]: [string | URL, string | string[] | undefined]) {
    if (!String(url).includes('/api/v1/ws/')) return new target(url, protocols);
    if (wish === 'no-socket') throw new Error('no socket wanted');
    return new MockSocket();
  },
});
