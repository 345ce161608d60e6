import { ApiError } from './errors';
import { session } from './session';
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
const sessionOperations = new Set<Id>(['login', 'refreshSession', 'logout']);

/**
 * Calls one operation of the manager. When the access token has run out it is
 * renewed once by the cookie, shared by all calls that wait, and the call is
 * repeated; a renewal that is refused ends the session.
 */
export async function call<K extends Id>(operation: K, input: Input<K>): Promise<Ok<K>> {
  const used = session.token();
  const answer = await send(operation, input as LooseInput, used);
  if (answer.status !== 401 || sessionOperations.has(operation)) return read(answer);
  if (session.token() === used && !(await renewSession())) return read(answer);
  return read(await send(operation, input as LooseInput, session.token()));
}

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
    session.end();
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
  const get = () =>
    request(url, {
      headers: session.token() ? { Authorization: `Bearer ${session.token()}` } : {},
    });
  let answer = await get();
  if (answer.status === 401 && (await renewSession())) answer = await get();
  if (!answer.ok) throw await errorOf(answer);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
