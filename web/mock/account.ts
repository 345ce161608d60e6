import type { ApiToken, SessionInfo, SsoLink } from '../src/api/types';
import { json, nothing, page, type Route, refuse, state } from './answers';
import { ago, id } from './hosts';
import { me, profile, stale } from './me';

const makeSession = (n: number, device: string, address: string, more: Partial<SessionInfo>) => ({
  id: id('S', n),
  created_at: ago(3600 * n * n + 900),
  last_used_at: ago(600 * n * n),
  expires_at: ago(-3600 * (12 - n)),
  address,
  user_agent: `Mozilla/5.0 (${device})`,
  device,
  methods: ['password', 'totp'],
  current: false,
  ...more,
});
let sessions: SessionInfo[] = [
  makeSession(1, 'Firefox on Linux', '192.0.2.44', { current: true, last_used_at: ago(20) }),
  makeSession(2, 'Chrome on Windows', '198.51.100.7', { methods: ['passkey'] }),
  makeSession(3, 'Safari on iPhone', '2001:db8:4::19', { methods: ['sso'] }),
];

const makeToken = (n: number, name: string, more: Partial<ApiToken>): ApiToken => ({
  id: id('A', n),
  name,
  role: 'operator',
  read_only: false,
  group_ids: null,
  created_at: ago(86_400 * 20),
  expires_at: ago(-86_400 * 70),
  last_used_at: ago(340),
  last_used_address: '192.0.2.80',
  revoked_at: null,
  ...more,
});
const tokens: ApiToken[] = [
  makeToken(1, 'Nightly inventory', { role: 'auditor', read_only: true }),
  makeToken(2, 'Deploy from the pipeline', {
    group_ids: [id('G', 1), id('G', 3)],
    expires_at: ago(-86_400 * 3),
  }),
  makeToken(3, 'Trial', { last_used_at: null, last_used_address: '', revoked_at: ago(86_400 * 2) }),
];

let links: SsoLink[] = [
  {
    provider_id: 'idp',
    name: 'Example ID',
    subject: '00u1a2b3c4d5e6f7',
    linked_at: ago(86_400 * 12),
  },
];

const validZone = (zone: string) => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: zone || undefined }));
  } catch {
    return false;
  }
};

export const accountRoutes: Route[] = [
  [
    'PATCH',
    /^\/auth\/me$/,
    (_, { body }) => {
      if (!validZone(String(body.time_zone ?? '')))
        return refuse(422, 'validation_failed', 'Not all fields are right.', [
          { field: 'body.time_zone', message: 'not a time zone', value: String(body.time_zone) },
        ]);
      Object.assign(profile, body);
      return json(me());
    },
  ],
  ['GET', /^\/auth\/sessions$/, (_, { query }) => json(page(sessions, query))],
  [
    'POST',
    /^\/auth\/sessions\/end-others$/,
    () => {
      const before = sessions.length;
      sessions = sessions.filter((each) => each.current);
      return json({ ended: before - sessions.length });
    },
  ],
  [
    'DELETE',
    /^\/auth\/sessions\/(\w+)$/,
    (m) => {
      sessions = sessions.filter((each) => each.id !== m[1]);
      return nothing();
    },
  ],
  ['GET', /^\/auth\/tokens$/, (_, { query }) => json(page(state.empty ? [] : tokens, query))],
  [
    'POST',
    /^\/auth\/tokens$/,
    (_, { body }) => {
      const refused = stale();
      if (refused) return refused;
      const token = makeToken(tokens.length + 1, String(body.name), {
        role: body.role as ApiToken['role'],
        read_only: Boolean(body.read_only),
        group_ids: body.group_ids as string[] | null,
        created_at: ago(0),
        expires_at: ago(-86_400 * Number(body.expires_in_days)),
        last_used_at: null,
        last_used_address: '',
      });
      tokens.unshift(token);
      return json({ ...token, token: 'pmt_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample01' }, 201);
    },
  ],
  [
    'DELETE',
    /^\/auth\/tokens\/(\w+)$/,
    (m) => {
      const token = tokens.find((each) => each.id === m[1]);
      if (token) token.revoked_at = ago(0);
      return nothing();
    },
  ],
  ['GET', /^\/auth\/sso\/links$/, () => json({ items: links, total: links.length })],
  [
    'DELETE',
    /^\/auth\/sso\/links\/(\w+)$/,
    (m) => {
      links = links.filter((link) => link.provider_id !== m[1]);
      return nothing();
    },
  ],
  [
    'POST',
    /^\/auth\/sso\/(\w+)\/start$/,
    (_, { body }) => json({ authorize_url: String(body.return_to) }),
  ],
];
