import type { Host, Package, Patch } from '../src/api/types';

/** Made-up hosts for looking at the pages without a manager. Names and addresses are those kept for examples. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
export const id = (prefix: string, n: number) =>
  `01K${prefix}${String(n).padStart(22, '0')}`.slice(0, 26).padEnd(26, '0');

const systems = [
  ['Debian GNU/Linux 12 (bookworm)', '12', '6.1.0-40-amd64'],
  ['Debian GNU/Linux 13 (trixie)', '13', '6.12.48+deb13-amd64'],
  ['Ubuntu 24.04.3 LTS', '24.04', '6.8.0-85-generic'],
] as const;
const roles = ['web', 'db', 'app', 'cache', 'mail', 'build', 'edge', 'queue'];

export const patches: Patch[] = (
  [
    [
      'openssl',
      'openssl',
      '3.0.17-1~deb12u2',
      '3.0.17-1~deb12u3',
      true,
      'critical',
      ['DSA-6015-1'],
      ['CVE-2026-31001', 'CVE-2026-31002'],
      false,
    ],
    [
      'libssl3',
      'openssl',
      '3.0.17-1~deb12u2',
      '3.0.17-1~deb12u3',
      true,
      'critical',
      ['DSA-6015-1'],
      ['CVE-2026-31001'],
      false,
    ],
    [
      'linux-image-amd64',
      'linux-signed-amd64',
      '6.1.153-1',
      '6.1.158-1',
      true,
      'high',
      ['DSA-6020-1'],
      ['CVE-2026-30500', 'CVE-2026-30501', 'CVE-2026-30502'],
      true,
    ],
    [
      'libc6',
      'glibc',
      '2.36-9+deb12u10',
      '2.36-9+deb12u13',
      true,
      'high',
      ['DSA-5999-1'],
      ['CVE-2026-28800'],
      true,
    ],
    [
      'curl',
      'curl',
      '7.88.1-10+deb12u12',
      '7.88.1-10+deb12u14',
      true,
      'medium',
      [],
      ['CVE-2026-27001'],
      false,
    ],
    [
      'libxml2',
      'libxml2',
      '2.9.14+dfsg-1.3~deb12u2',
      '2.9.14+dfsg-1.3~deb12u4',
      true,
      'medium',
      [],
      ['CVE-2026-26010'],
      false,
    ],
    ['perl-base', 'perl', '5.36.0-7+deb12u2', '5.36.0-7+deb12u3', true, 'low', [], [], false],
    ['sudo', 'sudo', '1.9.13p3-1+deb12u1', '1.9.13p3-1+deb12u2', true, 'unknown', [], [], false],
    ['tzdata', 'tzdata', '2025b-0+deb12u1', '2026a-0+deb12u1', false, 'unknown', [], [], false],
    ['base-files', 'base-files', '12.4+deb12u11', '12.4+deb12u12', false, 'unknown', [], [], false],
    [
      'postgresql-15',
      'postgresql-15',
      '15.13-0+deb12u1',
      '15.14-0+deb12u1',
      true,
      'high',
      ['DSA-5980-1'],
      ['CVE-2026-25555'],
      false,
    ],
  ] as const
).map(
  (
    [
      name,
      source,
      current_version,
      available_version,
      security,
      severity,
      advisories,
      cve_ids,
      requires_reboot,
    ],
    i,
  ) => ({
    name,
    source,
    current_version,
    available_version,
    security,
    severity,
    requires_reboot,
    advisories: [...advisories],
    cve_ids: [...cve_ids],
    arch: 'amd64',
    origin: security ? 'Debian-Security' : 'Debian',
    suite: security ? 'stable-security' : 'stable',
    size_bytes: 40_000 * (i + 3) ** 2,
    held: name === 'postgresql-15',
    phased: false,
    kept_back: '',
  }),
);

const counts = (list: Patch[]) => {
  const of = (s: string) => list.filter((p) => p.severity === s).length;
  return {
    total: list.length,
    security: list.filter((p) => p.security).length,
    held: list.filter((p) => p.held).length,
    critical: of('critical'),
    high: of('high'),
    medium: of('medium'),
    low: of('low'),
    unknown: of('unknown'),
  };
};

export const patchesOf = (n: number): Patch[] =>
  n % 5 === 0
    ? []
    : patches.filter((_, i) => (i + n) % (2 + (n % 3)) === 0 || (n % 2 === 1 && i < 3));

export const packages: Package[] = Array.from({ length: 412 }, (_, i) => ({
  name: i < patches.length ? (patches[i] as Patch).name : `lib-example${i}`,
  arch: i % 7 === 0 ? 'all' : 'amd64',
  version: `1.${i % 9}.${i % 31}-${1 + (i % 3)}`,
  source: `example${i}`,
  source_version: `1.${i % 9}.${i % 31}-1`,
  origin: 'Debian',
  size_bytes: 12_345 * (1 + (i % 90)),
  held: i === 10,
  auto: i % 3 !== 0,
}));

/** Names of the made-up groups; groups.ts has the rest of them. */
export const groupNames = ['Web servers', 'Databases', 'Frankfurt', 'Build farm', 'Retired'];

const groupsOf = (n: number) =>
  [
    n % 8 === 0 || n % 8 === 6 ? 0 : -1,
    n % 8 === 1 ? 1 : -1,
    n % 3 === 0 ? 2 : -1,
    n % 8 === 5 ? 3 : -1,
  ]
    .filter((i) => i >= 0)
    .map((i) => ({ id: id('G', i + 1), name: groupNames[i] as string }));

function makeHost(n: number): Host {
  const [os, os_version, kernel] = systems[n % 3] as (typeof systems)[number];
  const state =
    n % 31 === 7
      ? 'unreachable'
      : n % 23 === 5
        ? 'degraded'
        : n % 41 === 11
          ? 'unknown'
          : 'healthy';
  const known = state !== 'unknown';
  const pending = known ? counts(patchesOf(n)) : null;
  const name = `${roles[n % roles.length]}${String(Math.floor(n / roles.length) + 1).padStart(2, '0')}`;
  const reboot = known ? n % 6 === 2 : null;
  return {
    id: id('H', n),
    name,
    labels: n % 3 === 0 ? [] : [{ key: 'env', value: n % 2 ? 'production' : 'test' }],
    groups: groupsOf(n),
    fqdn: `${name}.example.com`,
    address: `192.0.2.${(n % 250) + 1}`,
    port: 12443,
    state,
    state_since: ago(3600 * (n % 50)),
    state_reason:
      state === 'unreachable'
        ? 'Three health checks failed: connection refused'
        : state === 'degraded'
          ? 'dpkg reports 1 half-configured package'
          : '',
    os,
    os_version,
    kernel,
    architecture: 'amd64',
    agent_version: '0.1.0',
    pending,
    pending_checked_at: known ? ago(60 * (n % 30)) : null,
    reboot_needed: reboot,
    last_seen_at: known ? ago(state === 'unreachable' ? 7200 : n % 280) : null,
    current_job: null,
    next: !known
      ? 'Waiting for the first answer of the agent.'
      : pending && pending.total > 0
        ? `Nothing planned: no window. ${pending.security} security updates wait.`
        : 'Nothing planned, nothing pending.',
    machine_id: `f00d${String(n).padStart(28, '0')}`,
    boot_id: '6f1c9b7e-3f5d-4a61-9d2e-0f6a1e6f0b11',
    booted_at: ago(86_400 * 20),
    virtualization: 'kvm',
    addresses: [`192.0.2.${(n % 250) + 1}`, '2001:db8::10'],
    repositories: [
      {
        uri: 'https://deb.example.org/debian',
        suite: 'bookworm',
        origin: 'Debian',
        label: 'Debian',
        codename: 'bookworm',
        security: false,
        updated_at: ago(86_400 * 3),
      },
      {
        uri: 'https://deb.example.org/debian-security',
        suite: 'bookworm-security',
        origin: 'Debian',
        label: 'Debian-Security',
        codename: 'bookworm-security',
        security: true,
        updated_at: ago(7200),
      },
      ...(n % 4 === 1
        ? [
            {
              uri: 'https://repo.example.com/tools',
              suite: 'stable',
              origin: 'Example',
              label: 'Tools',
              codename: 'stable',
              security: false,
              updated_at: null,
              problem: 'The signing key expired on 2026-10-01',
            },
          ]
        : []),
    ],
    reboot_reasons: reboot
      ? ['running kernel 6.1.0-40, installed 6.1.0-41', 'libc6 was replaced']
      : [],
    services_to_restart: reboot ? ['nginx.service', 'ssh.service'] : [],
    package_db_clean: state !== 'degraded',
    package_db_problems: state === 'degraded' ? ['example-broken is half-configured'] : [],
    held: ['postgresql-15'],
    package_count: packages.length,
    capabilities: ['plan', 'apply', 'rollback', 'reboot', 'events', 'certificate'],
    certificate_expires_at: ago(-86_400 * 300),
    enrolled_at: ago(86_400 * 40),
    registered_at: null,
    registered_by: '',
    note: n % 7 === 2 ? 'Part of the checkout cluster: take one node at a time.' : '',
    note_by: n % 7 === 2 ? 'operator-a' : '',
    note_at: n % 7 === 2 ? ago(86_400 * 3) : null,
    last_update_check: ago(5400),
    last_update_apply: ago(86_400 * 9),
    refreshing: false,
    refreshed_at: ago(240),
  };
}

export const hosts: Host[] = Array.from({ length: 312 }, (_, n) => makeHost(n + 1));
