import type { DiscoveryResult, DiscoveryScan } from '../src/api/types';
import { byId, json, page, type Route, refuse, state } from './answers';
import { ago, hosts, id } from './hosts';

const none = { enrolled: 0, elsewhere: 0, ended: 0, other_agent: 0, other_tls: 0, open: 0 };

const result = (n: number, kind: DiscoveryResult['kind'], more: Partial<DiscoveryResult> = {}) => ({
  address: `198.51.100.${n}`,
  kind,
  host: null,
  registrable: kind !== 'enrolled' && kind !== 'elsewhere',
  name: '',
  note: '',
  subject: '',
  issuer: '',
  fingerprint: '',
  tls: '',
  not_before: null,
  not_after: null,
  ...more,
});

const certificate = (subject: string, issuer: string, days: number) => ({
  subject,
  issuer,
  fingerprint: '3f9d2c41a07be85610d94cf2b8e77a53c1d60f8e4a2b9375d1ce06f84ab2973d',
  tls: '1.3',
  not_before: ago(86_400 * 30),
  not_after: ago(-86_400 * days),
});

const known = (n: number) => {
  const host = hosts[n] as (typeof hosts)[number];
  return { id: host.id, name: host.name, removed: false };
};

const results: DiscoveryResult[] = [
  ...[1, 2, 3, 4, 5, 6, 7].map((n) =>
    result(n, 'enrolled', {
      host: known(n),
      name: `${known(n).name}.example.com`,
      ...certificate(`CN=host ${known(n).id}`, 'CN=Linux Patch Manager CA', 61 + n),
    }),
  ),
  result(19, 'elsewhere', {
    host: known(8),
    note: 'It proves to be this host, whose address is 198.51.100.8. It has moved, has a second address, or is a clone with a copied key.',
    ...certificate(`CN=host ${known(8).id}`, 'CN=Linux Patch Manager CA', 61),
  }),
  result(23, 'ended', {
    host: { id: id('H', 900), name: 'old-db3', removed: true },
    note: 'Its host was removed, its agent still runs. Uninstall the agent, or enroll the machine again.',
    ...certificate(`CN=host ${id('H', 900)}`, 'CN=Linux Patch Manager CA', 12),
  }),
  result(40, 'other_agent', {
    name: 'build7.example.com',
    note: 'It asks for a client certificate on the agents’ port: possibly an agent of another manager, or of an older generation.',
    ...certificate('CN=build7', 'CN=Internal CA,O=Example', 200),
  }),
  result(77, 'other_tls', {
    name: 'printer.example.com',
    ...certificate('CN=printer.example.com', 'CN=Device CA', -3),
  }),
  ...[101, 102, 103, 104].map((n) =>
    result(n, 'open', {
      name: `vm${n}.example.com`,
      note: 'It speaks something else than TLS, beginning with "SSH-2.0-OpenSSH_".',
    }),
  ),
];

const counted = () => {
  const found = { ...none };
  for (const r of results) found[r.kind]++;
  return found;
};

const scan = (n: number, more: Partial<DiscoveryScan>): DiscoveryScan => ({
  id: id('D', n),
  targets: '198.51.100.0/24',
  port: 12443,
  reverse_dns: true,
  state: 'finished',
  failure: '',
  created_at: ago(3600 * n),
  created_by: 'admin',
  started_at: ago(3600 * n),
  finished_at: ago(3600 * n - 1.6),
  total: 254,
  probed: 254,
  rate: null,
  seconds_left: null,
  found: none,
  closed: 0,
  silent: 0,
  unreachable: 0,
  skipped: 0,
  ...more,
});

const running = { state: 'running' as const, finished_at: null };
const scans: DiscoveryScan[] = [
  scan(1, {
    ...running,
    targets: '10.20.0.0/16',
    created_at: ago(42),
    started_at: ago(41),
    total: 65_534,
    probed: 27_648,
    rate: 671.4,
    seconds_left: 57,
    found: { ...none, enrolled: 7, other_tls: 1 },
    closed: 311,
    silent: 27_329,
  }),
  scan(2, { found: counted(), closed: 61, silent: 178 }),
  scan(3, {
    targets: '2001:db8::10 and 11 more',
    port: 22,
    total: 12,
    probed: 12,
    silent: 12,
    created_by: 'clara',
  }),
  scan(4, {
    state: 'cancelled',
    targets: '10.0.0.0/16',
    total: 65_534,
    probed: 4096,
    silent: 4096,
  }),
];

const shown = () => (state.empty ? [] : scans);

export const discoveryRoutes: Route[] = [
  ['GET', /^\/discovery\/scans$/, () => json({ items: shown(), total: shown().length })],
  ['GET', /^\/discovery\/scans\/(\w+)$/, (m) => byId(scans, m[1], (s) => json(s))],
  [
    'POST',
    /^\/discovery\/cidr$/,
    (_, { body }) => {
      if (body.cidr === '127.0.0.0/24')
        return refuse(422, 'validation_failed', 'The request has 1 invalid field(s).', [
          { field: 'cidr', message: "This is the manager's own machine." },
        ]);
      const made = scan(scans.length + 1, {
        ...running,
        state: 'queued',
        targets: String(body.cidr ?? 'a list'),
        created_at: ago(0),
        started_at: null,
        probed: 0,
      });
      scans.unshift(made);
      return json(made, 201);
    },
  ],
  [
    'POST',
    /^\/discovery\/scans\/(\w+)\/cancel$/,
    (m) =>
      byId(scans, m[1], (s) => {
        Object.assign(s, { state: 'cancelled', finished_at: ago(0), rate: null });
        return json({ ...s, seconds_left: null });
      }),
  ],
  [
    'GET',
    /^\/discovery\/scans\/(\w+)\/results$/,
    (m, { query }) => {
      const kinds = query.get('kind')?.split(',');
      const mine = m[1] === id('D', 2) ? results : m[1] === id('D', 1) ? results.slice(0, 8) : [];
      const wanted = mine.filter(
        (r) =>
          (!kinds || kinds.includes(r.kind)) &&
          (!query.get('registrable') || r.registrable) &&
          JSON.stringify(r).includes(query.get('q') ?? ''),
      );
      return json(page(wanted, query));
    },
  ],
  [
    'POST',
    /^\/discovery\/scans\/(\w+)\/register$/,
    (_, { body }) => {
      const items = (body.addresses as string[]).map((address, i) =>
        i === 0
          ? {
              address,
              outcome: 'refused',
              host_id: null,
              name: '',
              message:
                'Host build7 is there already with this name, at 10.0.0.7:12443. Change that one, or give another name or address.',
            }
          : { address, outcome: 'registered', host_id: id('H', 1), name: address, message: '' },
      );
      return json({
        items,
        registered: items.length - 1,
        refused: 1,
        command:
          'sudo patch-agent enroll https://patch-manager.example.com:8443 --ca-fingerprint sha256:9b1de2f04a7c6e35d8a90c1f2e3b4d5c6f7081920a1b2c3d4e5f60718293a4b5',
      });
    },
  ],
];
