import { ApiError } from './errors';
import { session } from './session';
import { stepUp } from './stepUp';
import { type Answer, type ErrorBody, type Operations, routes, type Session } from './types';

type Id = keyof Operations;
type Input<K extends Id> = Omit<Operations[K], 'ok'> & { signal?: AbortSignal };
type Ok<K extends Id> = Answer<K>;

type LooseInput = {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
};

/** Operations that make or end a session themselves: a 401 there is the answer. */
const sessionOperations = new Set<Id>([
  'login',
  'loginTotp',
  'loginRecoveryCode',
  'passkeySignInOptions',
  'passkeySignIn',
  'refreshSession',
  'logout',
]);

/** A 401 with one of these says that what was typed is wrong, not that the access token ran out. */
const wrongSecrets = new Set(['invalid_credentials', 'invalid_code', 'invalid_passkey']);

/**
 * Calls one operation of the manager. When the access token has run out it is
 * renewed by the cookie, and when the manager wants the second factor again it is
 * asked for; then the call is repeated. A renewal that is refused ends the session.
 */
export function call<K extends Id>(operation: K, input: Input<K>): Promise<Ok<K>> {
  const attempt = async () =>
    read<Ok<K>>(await send(operation, input as LooseInput, session.token()));
  return sessionOperations.has(operation) ? attempt() : withRemedies(attempt);
}

/** What can be done about a refusal; each only once, or a call could go round for ever. */
async function withRemedies<T>(attempt: () => Promise<T>): Promise<T> {
  const tried = new Set<Remedy>();
  for (;;) {
    const token = session.token();
    try {
      return await attempt();
    } catch (error) {
      const remedy = error instanceof ApiError ? remedyOf(error) : null;
      if (!remedy || tried.has(remedy) || !(await remedies[remedy](token))) throw error;
      tried.add(remedy);
      // Somebody may have looked for their phone for longer than an access token lasts.
      if (remedy === 'stepUp') tried.delete('renew');
    }
  }
}

type Remedy = 'renew' | 'stepUp' | 'look';

function remedyOf(error: ApiError): Remedy | null {
  if (error.status === 401) return wrongSecrets.has(error.code) ? null : 'renew';
  if (error.code === 'step_up_required') return 'stepUp';
  if (error.code === 'password_change_required' || error.code === 'mfa_setup_required')
    return 'look';
  return null;
}

/** Each says whether the call is worth repeating. */
const remedies: Record<Remedy, (used: string) => Promise<boolean>> = {
  // Another call may have renewed it while this one was on its way.
  renew: async (used) => session.token() !== used || renewSession(),
  stepUp: async () => {
    const confirmed = stepUp.confirm();
    if (!confirmed) return false;
    if (await confirmed) return true;
    throw new ApiError(403, { code: 'step_up_cancelled', message: '', request_id: '' });
  },
  // An admin has reset something meanwhile: the gate reads from the user what is to be done first.
  look: async () => {
    session.update(await read(await send('me', {}, session.token())));
    return false;
  },
};

/** Address of a file that the browser downloads by [download]. */
export function urlOf(operation: Id, path?: Record<string, string>): string {
  return address(operation, { path });
}

async function send(operation: Id, input: LooseInput, token: string): Promise<Response> {
  const [method] = routes[operation];
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (input.body !== undefined) headers['Content-Type'] = 'application/json';
  const body = input.body === undefined ? undefined : JSON.stringify(input.body);
  // A cookie that was used must be replaced even when the page is left meanwhile:
  // the next page would present it a second time, and that ends the session.
  const keepalive = operation === 'refreshSession';
  return request(address(operation, input), {
    method,
    headers,
    body,
    keepalive,
    signal: input.signal,
  });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(0, { code: 'unreachable', message: String(cause), request_id: '' });
  }
}

function address(operation: Id, input: LooseInput): string {
  const path = routes[operation][1].replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(input.path?.[name])),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T;
  if (answer.ok) return (await answer.json()) as T;
  throw await errorOf(answer);
}

async function errorOf(answer: Response): Promise<ApiError> {
  const body = (await answer.json().catch(() => null)) as { error?: ErrorBody } | null;
  const fallback: ErrorBody = {
    code: 'http',
    message: `The manager answered with status ${answer.status} ${answer.statusText}`.trim(),
    request_id: answer.headers.get('X-Request-Id') ?? '',
  };
  const retryAfter = Number(answer.headers.get('Retry-After') ?? 0);
  return new ApiError(answer.status, body?.error ?? fallback, retryAfter || 0);
}

let renewal: Promise<boolean> | null = null;

/**
 * Renews the session by the cookie and reports whether somebody is signed in.
 * All callers of this tab share one request; a lock keeps tabs apart, because the
 * cookie changes with each use and using one twice ends the session.
 */
export function renewSession(): Promise<boolean> {
  renewal ??= underLock(renew).finally(() => {
    renewal = null;
  });
  return renewal;
}

async function renew(): Promise<boolean> {
  const answer = await send('refreshSession', {}, '');
  if (answer.status === 401) {
    session.end('ended');
    return false;
  }
  session.begin(await read<Session>(answer));
  return true;
}

function underLock(work: () => Promise<boolean>): Promise<boolean> {
  if (typeof navigator === 'undefined' || !navigator.locks) return work();
  return navigator.locks.request('pm-session-refresh', work) as Promise<boolean>;
}

/** Saves a file that needs the access token: a plain link could not carry it. */
export async function download(url: string, name: string): Promise<void> {
  const file = await withRemedies(async () => {
    const token = session.token();
    const answer = await request(url, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
    });
    if (!answer.ok) throw await errorOf(answer);
    return answer.blob();
  });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
