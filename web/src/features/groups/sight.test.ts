import { expect, it } from 'vitest';
import { lostSight, sightWords } from './sight';

const host = (...groups: string[]) => ({ groups: groups.map((id) => ({ id })) });
const operator = (...group_ids: string[]) => ({ role: 'operator', group_ids });

it('counts only operators without another group of the host', () => {
  const hosts = [host('web'), host('web', 'north'), host('web', 'north', 'south')];
  expect(lostSight('web', [operator('web')], hosts)).toEqual({ operators: 1, hosts: 3 });
  expect(lostSight('web', [operator('web', 'north')], hosts)).toEqual({ operators: 1, hosts: 1 });
  expect(lostSight('web', [operator('web', 'south'), operator('web', 'north')], hosts)).toEqual({
    operators: 2,
    hosts: 2,
  });
  expect(lostSight('web', [{ role: 'admin', group_ids: ['web'] }], hosts)).toEqual({
    operators: 0,
    hosts: 0,
  });
});

it('says it in one sentence', () => {
  expect(sightWords({ operators: 3, hosts: 14 })).toBe('3 operators lose sight of 14 hosts.');
  expect(sightWords({ operators: 1, hosts: 1 })).toBe('1 operator loses sight of 1 host.');
  expect(sightWords({ operators: 2, hosts: 500 }, true)).toMatch('up to 500 hosts');
  expect(sightWords({ operators: 0, hosts: 0 })).toMatch('No operator');
});
