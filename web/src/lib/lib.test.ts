import { expect, it, vi } from 'vitest';
import { duration, relative } from './dates';
import { bytes, percent } from './numbers';
import { deployTo, paths, safeReturnPath, withQuery } from './paths';
import * as status from './status';
import { throttled } from './throttled';
import { count, listOf, shortSystem } from './words';

it('keeps the addresses that people have shared', () => {
  const all = Object.entries(paths).map(([name, path]) => [
    name,
    typeof path === 'function' ? path('ID') : path,
  ]);
  expect(Object.fromEntries(all)).toEqual({
    signIn: '/sign-in',
    password: '/profile/password',
    ssoDone: '/sso-done',
    profile: '/profile/ID',
    dashboard: '/',
    hosts: '/hosts',
    host: '/hosts/ID',
    groups: '/groups',
    group: '/groups/ID',
    discovery: '/discovery',
    scan: '/discovery/ID',
    enrollment: '/enrollment',
    addHost: '/enrollment?add=1',
    deploy: '/deploy',
    jobs: '/jobs',
    job: '/jobs/ID',
    users: '/users',
    user: '/users/ID',
    audit: '/audit',
    settings: '/settings/ID',
  });
  expect(deployTo(['a', 'b'])).toBe('/deploy?hosts=a%2Cb');
  expect(deployTo({ filter: 'state=healthy' })).toBe('/deploy?all=state%3Dhealthy');
  expect(withQuery('/x', { a: '', b: undefined, c: 1, d: false })).toBe('/x?c=1&d=false');
});

it.each([
  ['/hosts?state=healthy', '/hosts?state=healthy'],
  ['/jobs/1#x', '/jobs/1#x'],
  [null, '/'],
  ['', '/'],
  ['https://evil.example/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['hosts', '/'],
  ['/sign-in?return=/x', '/'],
])('returns after signing in from %s to %s', (wanted, path) => {
  expect(safeReturnPath(wanted)).toBe(path);
});

it('never shows what is not known in a colour that means something', () => {
  const looks = [
    status.hostStatus,
    status.severityStatus,
    status.jobStatus,
    status.jobHostStatus,
    status.rollbackStatus,
    status.checkStatus,
  ];
  for (const look of looks) {
    for (const value of ['unknown', 'never heard of', '', 'constructor'])
      expect(look(value)).toMatchObject({ tone: 'unknown', shape: 'question' });
  }
});

it('gives every state its own words and a shape beside the colour', () => {
  expect(status.jobStatus('partially_failed')).toEqual({
    label: 'Partially failed',
    tone: 'high',
    shape: 'half',
  });
  for (const look of [status.severityStatus, status.hostStatus]) {
    const states = look === status.severityStatus ? status.severityOrder : status.hostStateOrder;
    const shapes = states.map((state) => look(state).shape);
    expect(new Set(shapes).size).toBe(shapes.length);
  }
  expect(status.jobHostStateOrder[0]).toBe('failed');
});

it('knows which states are over', () => {
  expect(
    ['succeeded', 'partially_failed', 'failed', 'cancelled', 'expired'].every(status.isFinal),
  ).toBe(true);
  expect(['queued', 'waiting', 'claimed', 'running', 'lost'].some(status.isFinal)).toBe(false);
});

it('writes numbers and times for people', () => {
  expect([count(1, 'host'), count(1200, 'host'), count(0, 'patch', 'patches')]).toEqual([
    '1 host',
    '1,200 hosts',
    '0 patches',
  ]);
  expect([
    listOf([]),
    listOf(['a']),
    listOf(['a', 'b']),
    listOf(['a', 'b', 'c', 'd', 'e']),
  ]).toEqual(['none', 'a', 'a and b', 'a, b, c and 2 more']);
  expect([bytes(0), bytes(1023), bytes(1536), bytes(-5_000_000), bytes(512 * 1024)]).toEqual([
    '0 B',
    '1023 B',
    '1.5 KiB',
    '-4.8 MiB',
    '512 KiB',
  ]);
  expect([percent(1, 3), percent(1, 0)]).toEqual([33, 0]);
  expect([duration(42), duration(94), duration(3600), duration(90_000 * 3)]).toEqual([
    '42 s',
    '1 min 34 s',
    '1 h',
    '3 d',
  ]);
  const now = new Date('2026-11-23T02:00:00Z');
  const at = (s: number) => relative(new Date(now.getTime() - s * 1000), now);
  expect([at(2), at(30), at(200), at(-7200), at(86_400 * 9)]).toEqual([
    'just now',
    '30 s ago',
    '3 min ago',
    'in 2 h',
    '9 d ago',
  ]);
  expect(['Debian GNU/Linux 12 (bookworm)', 'Ubuntu 24.04.3 LTS'].map(shortSystem)).toEqual([
    'Debian 12',
    'Ubuntu 24.04 LTS',
  ]);
});

it('makes one refresh of a burst and loses no last one', () => {
  vi.useFakeTimers();
  const work = vi.fn();
  const run = throttled(1000, work);
  run();
  run();
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(1);
  run();
  vi.advanceTimersByTime(1000);
  expect(work).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});
