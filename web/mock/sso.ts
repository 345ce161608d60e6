import type { Provider, SsoTest } from '../src/api/types';
import { byId, json, nothing, type Route } from './answers';
import { id } from './hosts';

const redirect = 'https://patch-manager.example.com:8443/api/v1/auth/sso/callback';

export const providers: Provider[] = [
  {
    id: id('S', 1),
    name: 'Company sign-on',
    kind: 'azure',
    issuer: '',
    tenant_id: '00000000-0000-0000-0000-00000000f00d',
    client_id: '11111111-2222-3333-4444-555555555555',
    has_secret: true,
    scopes: ['openid', 'profile', 'email'],
    redirect_uri: redirect,
    enabled: true,
    role_claim: 'roles',
    groups_claim: 'groups',
    default_role: '',
    mappings: [
      { claim_value: 'patch-admins', role: 'admin', group_ids: [] },
      { claim_value: 'web-operators', role: 'operator', group_ids: [id('G', 1), id('G', 3)] },
    ],
    create_users: true,
    accept_mfa: true,
    mfa_values: ['mfa'],
  },
  {
    id: id('S', 2),
    name: 'Test provider',
    kind: 'oidc',
    issuer: 'https://id.example.com',
    tenant_id: '',
    client_id: 'patch-manager',
    has_secret: false,
    scopes: ['openid', 'profile', 'email', 'groups'],
    redirect_uri: redirect,
    enabled: false,
    role_claim: '',
    groups_claim: 'groups',
    default_role: '',
    mappings: [],
    create_users: false,
    accept_mfa: false,
    mfa_values: [],
  },
];

/** A test whose steps pass one by one; one of a provider without a secret fails at the token. */
const tests = new Map<string, SsoTest & { asked: number; fails: boolean }>();
const names: [SsoTest['steps'][number]['name'], string][] = [
  ['discovery', 'https://id.example.com/.well-known/openid-configuration, issuer as expected'],
  ['keys', '2 signing keys: RS256, ES256'],
  ['redirect', 'The provider accepted the redirect address'],
  ['code', 'An authorization code came back with the right state'],
  ['token', 'The code was exchanged'],
  ['id_token', 'Signature, issuer, audience, nonce and times are right'],
  ['claims', 'sub 8f14e45f, groups: web-operators, staff'],
  ['mapping', 'Would sign in as operator of Web servers, Frankfurt'],
];

function advance(test: SsoTest & { asked: number; fails: boolean }) {
  test.asked++;
  const failing = test.fails ? 4 : -1;
  test.steps = names.map(([name, detail], i) => {
    if (i === failing && test.asked > i)
      return {
        name,
        state: 'failed',
        detail: 'The provider answered invalid_client: the client secret is wrong or has expired.',
      };
    return i < test.asked && (failing < 0 || i < failing)
      ? { name, state: 'ok', detail }
      : { name, state: 'pending', detail: '' };
  });
  if (test.steps.some((s) => s.state === 'failed')) test.state = 'failed';
  else if (test.steps.every((s) => s.state === 'ok')) test.state = 'succeeded';
}

const without = (body: Record<string, unknown>) => {
  const { client_secret, ...rest } = body;
  return { ...rest, ...(client_secret ? { has_secret: true } : {}) };
};

export const ssoRoutes: Route[] = [
  [
    'GET',
    /^\/sso\/providers$/,
    () =>
      json({
        items: providers,
        total: providers.length,
        redirect_uri: 'https://patches.example.com/api/v1/auth/sso/callback',
      }),
  ],
  [
    'POST',
    /^\/sso\/providers$/,
    (_, { body }) => {
      const made = {
        ...(without(body) as unknown as Provider),
        id: id('S', providers.length + 1),
        has_secret: Boolean(body.client_secret),
        redirect_uri: redirect,
      };
      providers.push(made);
      return json(made, 201);
    },
  ],
  ['GET', /^\/sso\/providers\/(\w+)$/, (m) => byId(providers, m[1], (p) => json(p))],
  [
    'PATCH',
    /^\/sso\/providers\/(\w+)$/,
    (m, { body }) => byId(providers, m[1], (p) => json(Object.assign(p, without(body)))),
  ],
  [
    'DELETE',
    /^\/sso\/providers\/(\w+)$/,
    (m) => {
      providers.splice(
        providers.findIndex((p) => p.id === m[1]),
        1,
      );
      return nothing();
    },
  ],
  [
    'POST',
    /^\/sso\/providers\/(\w+)\/test$/,
    (m) =>
      byId(providers, m[1], (p) => {
        const test = {
          id: id('X', tests.size + 1),
          state: 'waiting' as const,
          steps: [],
          asked: 0,
          fails: !p.has_secret,
        };
        tests.set(test.id, test);
        return json({ id: test.id, authorize_url: 'about:blank' }, 201);
      }),
  ],
  [
    'GET',
    /^\/sso\/tests\/(\w+)$/,
    (m) => {
      const test = tests.get(m[1] ?? '');
      if (test?.state === 'waiting') advance(test);
      return test ? json({ id: test.id, state: test.state, steps: test.steps }) : nothing();
    },
  ],
];
