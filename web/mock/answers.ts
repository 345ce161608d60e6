import type { ErrorDetail } from '../src/api/types';

/** What the address of the page asked for: who is signed in, what is empty, what fails. */
export const state = {
  signedIn: true,
  mustChange: false,
  mustSetUpMfa: false,
  /** Signing in asks for a second factor. */
  challenge: false,
  /** The second factor was shown a moment ago: dangerous acts are not refused. */
  fresh: true,
  sso: false,
  ssoOnly: false,
  empty: false,
  failing: '',
  role: 'admin' as 'admin' | 'operator' | 'auditor',
};

export type Asked = { query: URLSearchParams; body: Record<string, unknown> };
export type Handler = (match: RegExpMatchArray, request: Asked) => Response | Promise<Response>;
export type Route = [method: string, path: RegExp, handler: Handler];

export const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

export const nothing = () => new Response(null, { status: 204 });

export const refuse = (
  status: number,
  code: string,
  message: string,
  details: ErrorDetail[] = [],
) => json({ error: { code, message, request_id: '01K00000000000000000000REQ', details } }, status);

export function page<T>(list: T[], q: URLSearchParams) {
  const size = Number(q.get('page_size') ?? 50);
  const start = (Number(q.get('page') ?? 1) - 1) * size;
  return { items: list.slice(start, start + size), total: list.length };
}

export function byId<T extends { id: string }>(
  list: T[],
  wanted: string | undefined,
  use: (found: T) => Response,
): Response {
  const found = list.find((item) => item.id === wanted);
  return found ? use(found) : refuse(404, 'not_found', 'There is no such thing.');
}
