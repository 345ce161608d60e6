import type { ApiToken, SessionInfo, UserRow } from '../src/api/types';
import { byId, json, nothing, page, type Route, refuse, state } from './answers';
import { ago, id } from './hosts';

type Draft = Partial<UserRow> & Pick<UserRow, 'username' | 'display_name' | 'role'>;

const group = (n: number) => id('G', n);
const drafts: Draft[] = [
  {
    username: 'admin',
    display_name: 'Administrator',
    role: 'admin',
    mfa: ['totp', 'passkey'],
    sessions: 2,
  },
  {
    username: 'ops-web',
    display_name: 'Web operations',
    role: 'operator',
    group_ids: [group(1), group(3)],
    mfa: ['totp'],
    sessions: 1,
  },
  {
    username: 'ops-db',
    display_name: 'Database operations',
    role: 'operator',
    group_ids: [group(2)],
    mfa: ['passkey'],
  },
  {
    username: 'ops-night',
    display_name: 'Night shift',
    role: 'operator',
    group_ids: [group(1), group(2), group(3), group(4)],
    mfa: ['totp'],
    status: 'locked',
    locked_until: ago(-780),
  },
  { username: 'auditor', display_name: 'Internal audit', role: 'auditor', mfa: ['totp'] },
  {
    username: 'newcomer',
    display_name: '',
    role: 'operator',
    status: 'new',
    last_sign_in_at: null,
    mfa: [],
  },
  {
    username: 'former',
    display_name: 'Former operator',
    role: 'operator',
    group_ids: [group(3)],
    status: 'disabled',
    last_sign_in_at: ago(86_400 * 90),
  },
  {
    username: 'sso-operator',
    display_name: 'Signed on through the company',
    role: 'operator',
    group_ids: [group(4)],
    local: false,
    providers: [
      { provider_id: id('S', 1), name: 'Company sign-on', subject: '8f14e45f-ceea-467f' },
    ],
    mfa: [],
  },
];

export const users: UserRow[] = [
  ...drafts,
  ...Array.from(
    { length: 34 },
    (_, i): Draft => ({
      username: `operator${String(i + 1).padStart(2, '0')}`,
      display_name: `Operator ${i + 1}`,
      role: 'operator',
      group_ids: [group(1 + (i % 4))],
      mfa: i % 3 === 0 ? ['passkey'] : ['totp'],
    }),
  ),
].map((draft, i) => ({
  id: id('U', i + 1),
  email: `${draft.username}@example.com`,
  group_ids: [],
  status: 'active',
  local: true,
  mfa: [],
  providers: [],
  last_sign_in_at: ago(600 * (i + 1) ** 2),
  created_at: ago(86_400 * (60 - i)),
  sessions: 0,
  locked_until: null,
  ...draft,
}));

const sessions: SessionInfo[] = (
  [
    ['Firefox on Linux', '192.0.2.40', ['password', 'totp'], true],
    ['Chrome on Windows', '198.51.100.7', ['passkey'], false],
  ] as const
).map(([device, address, methods, current], i) => ({
  id: id('N', i + 1),
  created_at: ago(3600 * (i + 1)),
  last_used_at: ago(90 * (i + 1)),
  expires_at: ago(-3600 * 10),
  address,
  user_agent: 'Mozilla/5.0',
  device,
  methods: [...methods],
  current,
}));

const tokens: ApiToken[] = [
  {
    id: id('K', 1),
    name: 'Inventory export',
    role: 'auditor',
    read_only: true,
    group_ids: null,
    created_at: ago(86_400 * 12),
    expires_at: ago(-86_400 * 80),
    last_used_at: ago(1800),
    last_used_address: '192.0.2.80',
    revoked_at: null,
  },
  {
    id: id('K', 2),
    name: 'Deploy from the pipeline',
    role: 'operator',
    read_only: false,
    group_ids: [group(1)],
    created_at: ago(86_400 * 100),
    expires_at: ago(86_400 * 10),
    last_used_at: null,
    last_used_address: '',
    revoked_at: null,
  },
];

const password = 'tern-velvet-orbit-salad';
const lastAdmin = (user: UserRow) =>
  user.role === 'admin' &&
  users.filter((u) => u.role === 'admin' && u.status !== 'disabled').length === 1;
const own = (user: UserRow) => user.id === id('U', 1);

function refusal(user: UserRow) {
  if (own(user)) return refuse(409, 'own_account', 'This is your own account.');
  return lastAdmin(user) ? refuse(409, 'last_admin', 'This is the last admin.') : null;
}

function find(q: URLSearchParams): UserRow[] {
  if (state.empty) return users.slice(0, 1);
  const words = (q.get('q') ?? '').toLowerCase();
  const list = users.filter(
    (u) =>
      (!words || `${u.username} ${u.display_name} ${u.email}`.toLowerCase().includes(words)) &&
      (!q.get('role') || u.role === q.get('role')) &&
      (!q.get('status') || u.status === q.get('status')) &&
      (!q.get('group_id') || u.group_ids.includes(q.get('group_id') as string)),
  );
  const key = (u: UserRow) =>
    q.get('sort') === 'last_sign_in' ? (u.last_sign_in_at ?? '') : u.username;
  const sign = q.get('order') === 'desc' ? -1 : 1;
  return list.sort((a, b) => (key(a) < key(b) ? -sign : sign));
}

const act = (user: UserRow, body: Record<string, unknown>) => {
  const { disabled, ...rest } = body;
  if (disabled === true || (rest.role && rest.role !== user.role)) {
    const refused = refusal(user);
    if (refused) return refused;
  }
  Object.assign(user, rest);
  if (disabled !== undefined) user.status = disabled ? 'disabled' : 'active';
  return json(user);
};

export const userRoutes: Route[] = [
  ['GET', /^\/users$/, (_, { query }) => json(page(find(query), query))],
  [
    'POST',
    /^\/users$/,
    (_, { body }) => {
      if (users.some((u) => u.username === body.username))
        return refuse(422, 'validation_failed', 'The user cannot be made.', [
          { field: 'body.username', message: 'There is a user of this name. Choose another one.' },
        ]);
      const user = {
        ...(users[5] as UserRow),
        ...(body as Partial<UserRow>),
        id: id('U', users.length + 1),
        created_at: ago(0),
      };
      users.push(user);
      return json({ user, one_time_password: password }, 201);
    },
  ],
  ['GET', /^\/users\/(\w+)$/, (m) => byId(users, m[1], (u) => json(u))],
  ['PATCH', /^\/users\/(\w+)$/, (m, { body }) => byId(users, m[1], (u) => act(u, body))],
  [
    'DELETE',
    /^\/users\/(\w+)$/,
    (m) =>
      byId(users, m[1], (u) => {
        const refused = refusal(u);
        if (refused) return refused;
        users.splice(users.indexOf(u), 1);
        return nothing();
      }),
  ],
  ['POST', /^\/users\/(\w+)\/reset-password$/, () => json({ one_time_password: password })],
  [
    'POST',
    /^\/users\/(\w+)\/reset-mfa$/,
    (m) =>
      byId(users, m[1], (u) => {
        u.mfa = [];
        return nothing();
      }),
  ],
  [
    'POST',
    /^\/users\/(\w+)\/unlock$/,
    (m) =>
      byId(users, m[1], (u) => {
        Object.assign(u, { status: 'active', locked_until: null });
        return nothing();
      }),
  ],
  [
    'GET',
    /^\/users\/(\w+)\/sessions$/,
    (m) =>
      byId(users, m[1], (u) => {
        const items = sessions
          .slice(0, u.sessions)
          .map((s) => ({ ...s, current: s.current && own(u) }));
        return json({ items, total: items.length });
      }),
  ],
  [
    'POST',
    /^\/users\/(\w+)\/end-sessions$/,
    (m) =>
      byId(users, m[1], (u) => {
        const ended = u.sessions;
        u.sessions = 0;
        return json({ ended });
      }),
  ],
  [
    'DELETE',
    /^\/users\/(\w+)\/sessions\/(\w+)$/,
    (m) =>
      byId(users, m[1], (u) => {
        u.sessions--;
        return nothing();
      }),
  ],
  [
    'GET',
    /^\/users\/(\w+)\/tokens$/,
    (m) =>
      byId(users, m[1], (u) => {
        const items = u.sessions > 0 ? tokens : [];
        return json({ items, total: items.length });
      }),
  ],
  [
    'DELETE',
    /^\/users\/(\w+)\/tokens\/(\w+)$/,
    (m) => {
      const token = tokens.find((t) => t.id === m[2]);
      if (token) token.revoked_at = ago(0);
      return nothing();
    },
  ],
];
