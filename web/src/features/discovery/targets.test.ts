import { expect, it } from 'vitest';
import { labelsOf, targetsOf, warningFor } from './targets';

it('counts the addresses of a network as the manager does', () => {
  for (const [text, n] of [
    ['192.0.2.0/24', 254],
    [' 10.1.0.0/16 ', 65_534],
    ['192.0.2.4/31', 2],
    ['192.0.2.4/32', 1],
    ['192.0.2.4/30', 2],
  ] as const) {
    expect(targetsOf(text)).toEqual({ cidr: text.trim(), n, problem: '' });
  }
});

it('takes a list with anything between, each address once', () => {
  expect(targetsOf('192.0.2.1, 2001:db8::1\n192.0.2.1;192.0.2.2')).toEqual({
    addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.2'],
    n: 3,
    problem: '',
  });
  expect(targetsOf('  \n ')).toEqual({ n: 0, problem: '' });
});

it('says what is wrong before anybody is asked', () => {
  const many = Array.from({ length: 4097 }, (_, i) => `10.0.${i >> 8}.${i & 255}`).join('\n');
  for (const [text, says] of [
    ['10.0.0.0/8', '16,777,216 addresses; at most a /16'],
    ['2001:db8::/64', 'list of addresses'],
    ['192.0.2.0/33', 'Must be an IPv4 network'],
    ['300.0.2.0/24', 'Must be an IPv4 network'],
    ['192.0.2.0/24 192.0.3.0/24', 'One network at a time'],
    ['192.0.2.0/24, 192.0.3.1', 'One network at a time'],
    ['web1.example.com', '"web1.example.com" is neither'],
    ['192.0.2.01', 'is neither'],
    [many, '4,097 addresses; at most 4,096'],
  ] as const) {
    expect(targetsOf(text).problem).toContain(says);
    expect(targetsOf(text).n).toBe(0);
  }
});

it('warns above a /22 and says how long it may take', () => {
  expect(warningFor(1022)).toBe('');
  expect(warningFor(4094)).toContain('about 6 seconds');
  expect(warningFor(65_534)).toContain('about 2 minutes');
});

it('reads labels', () => {
  expect(labelsOf('env=prod, web,note=a=b')).toEqual([
    { key: 'env', value: 'prod' },
    { key: 'web', value: '' },
    { key: 'note', value: 'a=b' },
  ]);
  expect(labelsOf('')).toEqual([]);
  expect(labelsOf('Not a key=1')).toBeNull();
});
