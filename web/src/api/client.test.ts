import { HttpResponse, http } from 'msw';
import { expect, it } from 'vitest';
import { someUser } from '../test/people';
import { server } from '../test/server';
import { call } from './client';
import { ApiError, fieldErrors, messageOf } from './errors';
import { session } from './session';

const user = someUser();
const answer = (access_token: string) => ({
  access_token,
  expires_at: '2026-11-23T02:00:00Z',
  user,
});
const refused = (status: number, code: string, more: object = {}) =>
  HttpResponse.json(
    { error: { code, message: `words of ${code}`, request_id: 'REQ1', ...more } },
    { status },
  );

/** A manager that knows one good access token and renews to it, counting how often. */
function manager(good: string) {
  const seen = { refresh: 0, calls: [] as (string | null)[] };
  server.use(
    http.post('*/api/v1/auth/refresh', async () => {
      seen.refresh++;
      return HttpResponse.json(answer(good));
    }),
    http.get('*/api/v1/auth/me', ({ request }) => {
      const given = request.headers.get('Authorization');
      seen.calls.push(given);
      return given === `Bearer ${good}` ? HttpResponse.json(user) : refused(401, 'token_expired');
    }),
  );
  return seen;
}

it('sends the access token', async () => {
  const seen = manager('t1');
  session.begin(answer('t1'));
  await expect(call('me', {})).resolves.toEqual(user);
  expect(seen).toEqual({ refresh: 0, calls: ['Bearer t1'] });
});

it('renews an expired token once for all calls that wait, and repeats them', async () => {
  const seen = manager('new');
  session.begin(answer('old'));
  await expect(Promise.all([call('me', {}), call('me', {}), call('me', {})])).resolves.toHaveLength(
    3,
  );
  expect(seen.refresh).toBe(1);
  expect(seen.calls.filter((token) => token === 'Bearer new')).toHaveLength(3);
  expect(session.token()).toBe('new');
});

it('ends the session when the renewal is refused, and tells the reason of the call', async () => {
  server.use(
    http.post('*/api/v1/auth/refresh', () => refused(401, 'session_ended')),
    http.get('*/api/v1/auth/me', () => refused(401, 'token_expired')),
  );
  session.begin(answer('old'));
  await expect(call('me', {})).rejects.toMatchObject({ status: 401, code: 'token_expired' });
  expect(session.get()).toEqual({ status: 'signed_out', user: null, why: 'ended' });
});

it('keeps the session when the renewal fails for another reason', async () => {
  server.use(
    http.post('*/api/v1/auth/refresh', () => refused(503, 'database_down')),
    http.get('*/api/v1/auth/me', () => refused(401, 'token_expired')),
  );
  session.begin(answer('old'));
  await expect(call('me', {})).rejects.toMatchObject({ status: 503 });
  expect(session.get().status).toBe('signed_in');
});

it('does not renew because a password was wrong', async () => {
  server.use(http.post('*/api/v1/auth/login', () => refused(401, 'invalid_credentials')));
  const error = await call('login', { body: { username: 'a', password: 'b' } }).catch((e) => e);
  expect(messageOf(error)).toBe('User name or password is wrong.');
});

it('says how long to wait after too many attempts', async () => {
  server.use(
    http.post('*/api/v1/auth/login', () =>
      HttpResponse.json(
        { error: { code: 'too_many_attempts', message: '', request_id: '' } },
        { status: 429, headers: { 'Retry-After': '600' } },
      ),
    ),
  );
  const error = await call('login', { body: { username: 'a', password: 'b' } }).catch((e) => e);
  expect(messageOf(error)).toContain('Try again in 10 minutes.');
});

it('gives the fields of a refused form', async () => {
  server.use(
    http.post('*/api/v1/enrollment-tokens', () =>
      refused(422, 'validation_failed', {
        details: [{ field: 'body.uses', value: '0', message: 'at least 1' }],
      }),
    ),
  );
  const error = await call('createEnrollmentToken', { body: { note: '', uses: 0 } }).catch(
    (e) => e,
  );
  expect(fieldErrors(error)).toEqual({ uses: 'at least 1' });
  expect((error as ApiError).requestId).toBe('REQ1');
});

it('makes an error of an answer that is not JSON', async () => {
  server.use(
    http.get(
      '*/api/v1/hosts',
      () => new HttpResponse('<html>', { status: 502, headers: { 'X-Request-Id': 'REQ9' } }),
    ),
  );
  await expect(call('listHosts', { query: {} })).rejects.toMatchObject({
    status: 502,
    requestId: 'REQ9',
  });
});

it('says so when nobody answers', async () => {
  server.use(http.get('*/api/v1/hosts', () => HttpResponse.error()));
  const error = await call('listHosts', { query: {} }).catch((e) => e);
  expect(error).toBeInstanceOf(ApiError);
  expect(messageOf(error)).toContain('does not answer');
});

it('fills in paths and leaves out empty filters', async () => {
  const urls: string[] = [];
  server.use(
    http.get('*/api/v1/*', ({ request }) => {
      urls.push(request.url.replace(/^.*\/api/, '/api'));
      return HttpResponse.json({});
    }),
  );
  await call('getHost', { path: { id: 'a/b' } });
  await call('listHosts', {
    query: { q: '', state: ['healthy', 'unknown'], page: 2, reboot: undefined },
  });
  expect(urls).toEqual(['/api/v1/hosts/a%2Fb', '/api/v1/hosts?state=healthy%2Cunknown&page=2']);
});

it('does not renew because a code was wrong, and does not send it twice', async () => {
  let sent = 0;
  server.use(
    http.post('*/api/v1/auth/step-up/totp', () => {
      sent++;
      return refused(401, 'invalid_code');
    }),
  );
  session.begin(answer('t'));
  await expect(call('stepUpTotp', { body: { code: '000000' } })).rejects.toMatchObject({
    code: 'invalid_code',
  });
  expect(sent).toBe(1);
  expect(session.get().status).toBe('signed_in');
});

it('learns from a refusal what the user has to do first', async () => {
  const left = someUser({ must_set_up_mfa: true });
  server.use(
    http.get('*/api/v1/hosts', () => refused(403, 'mfa_setup_required')),
    http.get('*/api/v1/auth/me', () => HttpResponse.json(left)),
  );
  session.begin(answer('t'));
  await expect(call('listHosts', { query: {} })).rejects.toMatchObject({
    code: 'mfa_setup_required',
  });
  expect(session.get().user).toEqual(left);
});
