import type { Enrollment, EnrollmentToken } from '../src/api/types';
import { byId, json, nothing, page, type Route } from './answers';
import { ago, id } from './hosts';

let enrollments: Enrollment[] = [1, 2].map((n) => ({
  id: id('E', n),
  hostname: `new0${n}`,
  fqdn: `new0${n}.example.com`,
  machine_id: `beef${String(n).padStart(28, '0')}`,
  address_seen: `198.51.100.${n}`,
  address_claimed: n === 1 ? `198.51.100.${n}` : '10.0.0.7',
  port: 12443,
  os: 'Debian GNU/Linux 12 (bookworm)',
  key_fingerprint: 'sha256:5d1f0c9e7b42a6338f10cc9a2b9ed1f6a7707a4c1b0e5f4de9f2d8a1c3b6e708',
  status: 'pending',
  requested_at: ago(95 * n),
  collisions:
    n === 2 ? ['The host web02 already has this machine id: this may be a clone of it.'] : [],
  decided_at: null,
  decided_by: '',
  reason: '',
  via_token: '',
  host_id: '',
}));
const tokens: EnrollmentToken[] = [
  {
    id: id('T', 1),
    note: 'Image for web servers',
    uses: 50,
    used: 12,
    expires_at: ago(-86_400 * 5),
    created_at: ago(86_400),
    created_by: 'admin',
    revoked_at: null,
  },
  {
    id: id('T', 2),
    note: 'Add host',
    uses: 1,
    used: 1,
    expires_at: ago(3000),
    created_at: ago(7200),
    created_by: 'admin',
    revoked_at: null,
  },
];

export const waitingEnrollments = () => enrollments.filter((e) => e.status === 'pending').length;

export const enrollmentRoutes: Route[] = [
  [
    'GET',
    /^\/enrollments$/,
    (_, { query }) =>
      json(
        page(
          enrollments.filter((e) => !query.get('status') || e.status === query.get('status')),
          query,
        ),
      ),
  ],
  [
    'POST',
    /^\/enrollments\/(\w+)\/(approve|deny)$/,
    (m, { body }) => {
      enrollments = enrollments.map((e) =>
        e.id === m[1]
          ? {
              ...e,
              status: m[2] === 'approve' ? 'approved' : 'denied',
              decided_at: ago(0),
              decided_by: 'admin',
              reason: String(body.reason ?? ''),
            }
          : e,
      );
      return byId(enrollments, m[1], (e) => json(e));
    },
  ],
  ['GET', /^\/enrollment-tokens$/, () => json({ items: tokens, total: tokens.length })],
  [
    'POST',
    /^\/enrollment-tokens$/,
    (_, { body }) => {
      const token = {
        id: id('T', tokens.length + 1),
        note: String(body.note),
        uses: Number(body.uses),
        used: 0,
        expires_at: ago(-3600 * Number(body.expires_in_hours)),
        created_at: ago(0),
        created_by: 'admin',
        revoked_at: null,
      };
      tokens.unshift(token);
      return json({ ...token, token: 'pm-enroll-EXAMPLE-7QK4-TN2M-9XWD' }, 201);
    },
  ],
  [
    'DELETE',
    /^\/enrollment-tokens\/(\w+)$/,
    (m) => {
      const t = tokens.find((x) => x.id === m[1]);
      if (t) t.revoked_at = ago(0);
      return nothing();
    },
  ],
  [
    'GET',
    /^\/ca$/,
    () =>
      json({
        fingerprint: 'sha256:9b1de2f04a7c6e35d8a90c1f2e3b4d5c6f7081920a1b2c3d4e5f60718293a4b5',
        subject: 'CN=Patch Manager root, O=Example',
        not_before: ago(86_400 * 40),
        not_after: ago(-86_400 * 3600),
        enroll_url: 'https://patch-manager.example.com:8443',
      }),
  ],
];
