import { expect, it } from 'vitest';
import type { AgentChange, AgentPlan, Plan, PlanHost } from '../../api/types';
import { draftFrom, incomplete, selectionOf } from './draft';
import { byPackage, outcomeOf, removalsIn, sentences, totalsOf } from './summary';

const change = (name: string, more: Partial<AgentChange> = {}): AgentChange => ({
  action: 'upgrade',
  name,
  arch: 'amd64',
  from_version: '1',
  to_version: '2',
  security: false,
  size_bytes: 10,
  auto: false,
  ...more,
});

const host = (name: string, changes: AgentChange[], more: Partial<AgentPlan> = {}): PlanHost => ({
  host_id: name,
  host_name: name,
  state: 'ready',
  error: null,
  plan: {
    changes,
    download_bytes: 1024 * 1024,
    disk_bytes: 0,
    reboot: false,
    reboot_reasons: [],
    restarts: [],
    kept_back: [],
    plan_hash: 'h',
    preflight: [],
    rollback: { state: 'ready', reasons: [] },
    computed_at: '2026-11-23T02:00:00Z',
    ...more,
  },
});

const failed = (name: string, code = 'unreachable'): PlanHost => ({
  host_id: name,
  host_name: name,
  state: 'failed',
  plan: null,
  error: { code, message: 'no answer' },
});

const plan = (...hosts: PlanHost[]): Plan => ({
  id: 'p',
  state: 'ready',
  created_at: '',
  counts: { hosts: hosts.length, ready: 0, failed: 0, pending: 0 },
  hosts,
});

it('says in plain sentences what will happen', () => {
  const outcome = outcomeOf(
    plan(
      host('web01', [change('openssl', { security: true }), change('tzdata')], { reboot: true }),
      host(
        'web02',
        [
          change('openssl', { security: true }),
          change('linux-6', { action: 'install' }),
          change('old', { action: 'remove' }),
        ],
        { rollback: { state: 'partial', reasons: ['x'] } },
      ),
      host('web03', []),
      host('db01', [change('openssl')], {
        preflight: [{ name: 'space', level: 'fail', detail: '/boot is full' }],
      }),
      failed('db02'),
    ),
  );
  expect(sentences(outcome, 'if_needed')).toEqual([
    'Install 3 updates (2 security), add 1 new package and remove 1 package on 2 hosts now (2.0 MiB to download).',
    'Reboot 1 host afterwards, where it is needed.',
    'It cannot be taken back, or only partly, on 1 host.',
    'Left out, because no plan could be made: db02.',
    'Left out, because a check fails: db01.',
    'Left out, because there is nothing to change: web03.',
  ]);
});

it('warns of a reboot that is needed but not made', () => {
  const outcome = outcomeOf(plan(host('a', [change('libc6')], { reboot: true })));
  expect(sentences(outcome, 'never')[1]).toBe(
    '1 host will need a reboot that this job does not make; until then the old code keeps running.',
  );
  expect(sentences(outcome, 'always')[1]).toBe('Reboot it afterwards.');
  expect(sentences(outcomeOf(plan(host('a', [change('curl')]))), 'if_needed').slice(1)).toEqual([
    'No reboot is expected.',
    'It can be taken back.',
  ]);
});

it('counts a warning as runnable, a failing check not, and a pending host nowhere else', () => {
  const warn = host('warn', [change('a')], {
    preflight: [{ name: 'clock', level: 'warn', detail: '' }],
  });
  const outcome = outcomeOf(plan(warn, { ...failed('later'), state: 'pending', error: null }));
  expect([outcome.run.length, outcome.pending.length, outcome.failed.length]).toEqual([1, 1, 0]);
});

it('sums the same change over hosts and keeps different versions apart', () => {
  const hosts = [
    host('a', [change('curl')]),
    host('b', [change('curl')]),
    host('c', [change('curl', { from_version: '0' })]),
  ];
  expect(byPackage(hosts).map((sum) => [sum.name, sum.from, sum.hosts])).toEqual([
    ['curl', '1', ['a', 'b']],
    ['curl', '0', ['c']],
  ]);
  expect(totalsOf(hosts)).toMatchObject({
    upgraded: 3,
    security: 0,
    downloadBytes: 3 * 1024 * 1024,
  });
});

it('asks for consent when a package would go, also when the agent refused', () => {
  expect(removalsIn(plan(host('a', [change('x')])))).toEqual({ names: [], refused: false });
  expect(removalsIn(plan(host('a', [change('x', { action: 'remove' })])))).toEqual({
    names: ['x'],
    refused: false,
  });
  expect(removalsIn(plan(failed('a', 'REMOVALS_NOT_ALLOWED'))).refused).toBe(true);
});

it('reads the order from the address and never makes an empty list mean everything', () => {
  const read = (query: string) => draftFrom((name) => new URLSearchParams(query).get(name) ?? '');
  expect(read('')).toMatchObject({ step: 'hosts', reboot: 'never', removals: false });
  expect(read('hosts=a,b')).toMatchObject({
    step: 'what',
    hosts: ['a', 'b'],
    selection: { mode: 'security' },
  });
  expect(read('hosts=a&step=plan')).toMatchObject({ step: 'what' });
  expect(selectionOf(read('hosts=a&mode=all&packages=x'))).toEqual({ mode: 'all' });
  expect(selectionOf(read('hosts=a&mode=named&packages=x,y&exclude=z'))).toEqual({
    mode: 'named',
    packages: ['x', 'y'],
    exclude: ['z'],
  });
  expect(incomplete(read('hosts=a&mode=named'))).toBe('Name at least one package.');
  expect(incomplete(read('mode=all'))).toBe('Choose at least one host.');
  expect(incomplete(read('all=q%3Dweb'))).toBe('');
});
