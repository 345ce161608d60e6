import { describe, expect, it } from 'vitest';
import type { Host, ImportReport } from '../../api/types';
import { labelChangeProblem } from './BulkLabels';
import { resultWords } from './BulkResultDialog';
import { registration, targetOf } from './care';
import { editForm, registerForm } from './careForms';
import { changeOf } from './EditHost';
import { readText, rowWords, shownRows } from './importText';
import { labelsProblem, labelText, parseLabel } from './labels';

const form = { address: 'web1', name: '', port: '', group_ids: [], labels: [], note: '' };

describe('labels', () => {
  it('are read as they are written', () => {
    for (const text of ['env=production', 'rack', 'equation=a=b'])
      expect(labelText(parseLabel(text))).toBe(text);
    expect(parseLabel(' env = x y ')).toEqual({ key: 'env', value: 'x y' });
  });
  it('are refused with the reason', () => {
    expect(labelsProblem(['env=a', 'rack'])).toBe('');
    expect(labelsProblem(['Env=a'])).toContain('small letters');
    expect(labelsProblem(['env=a', 'env=b'])).toContain('twice');
    expect(labelsProblem([`a=${'x'.repeat(129)}`])).toContain('128');
    expect(labelsProblem(Array.from({ length: 33 }, (_, n) => `k${n}`))).toContain('32');
  });
  it('may not be added and taken off at once', () => {
    expect(labelChangeProblem([], [])).toContain('at least one');
    expect(labelChangeProblem(['env=a'], ['env'])).toContain('added too');
    expect(labelChangeProblem(['env=a'], ['rack', 'tier=1'])).toBe('');
  });
});

describe('registering', () => {
  it('sends one text as the name, and two as name and address', () => {
    expect(registration(form)).toMatchObject({ name: 'web1' });
    expect(registration(form)).not.toHaveProperty('address');
    expect(registration({ ...form, name: 'Front', port: '443', labels: ['env=a'] })).toMatchObject({
      name: 'Front',
      address: 'web1',
      port: 443,
      labels: [{ key: 'env', value: 'a' }],
    });
  });
  it('knows the limits of the manager', () => {
    const says = (change: object) =>
      registerForm.safeParse({ ...form, ...change }).error?.issues.map((i) => i.path[0]);
    expect(says({})).toBeUndefined();
    expect(says({ address: ' ' })).toEqual(['address']);
    for (const port of ['0', '65536', '1.5', 'x']) expect(says({ port })).toEqual(['port']);
    expect(says({ labels: ['A'] })).toEqual(['labels']);
    expect(says({ note: 'x'.repeat(2001) })).toEqual(['note']);
  });
});

describe('editing', () => {
  const host = {
    name: 'web1',
    address: '192.0.2.1',
    port: 12443,
    labels: [{ key: 'env', value: 'a' }],
  } as Host;
  const same = { name: 'web1', address: '192.0.2.1', port: '12443', labels: ['env=a'] };
  it('sends only what differs', () => {
    expect(changeOf(host, same)).toEqual({});
    expect(changeOf(host, { ...same, port: '1', labels: [] })).toEqual({ port: 1, labels: [] });
    expect(changeOf(host, { ...same, name: 'x' })).toEqual({ name: 'x' });
  });
  it('wants a port', () => {
    expect(editForm.safeParse({ ...same, port: '' }).success).toBe(false);
    expect(editForm.safeParse(same).success).toBe(true);
  });
});

describe('acts on many hosts', () => {
  it('name the hosts, or the filter with the number that was shown', () => {
    expect(targetOf(new Set(['a', 'b']), false, { q: 'x' }, 2)).toEqual({ host_ids: ['a', 'b'] });
    expect(targetOf(new Set(['a']), true, { q: 'x', sort: 'name', page: 2 }, 312)).toEqual({
      filter: { q: 'x' },
      expect: 312,
    });
  });
  it('say what became of each host', () => {
    const refused = [{ code: 'host_busy', reason: '', count: 2, hosts: [] }];
    expect(resultWords('Removed', { requested: 9, done: 6, unchanged: 1, refused })).toBe(
      'Removed 6 hosts. 1 host needed no change. 2 hosts refused.',
    );
    expect(resultWords('Asked', { requested: 1, done: 1, unchanged: 0, refused: [] })).toBe(
      'Asked 1 host.',
    );
  });
});

describe('an import', () => {
  const row = { line: 2, name: 'a', address: '', port: 12443, host_id: null };
  const bad = {
    ...row,
    outcome: 'error' as const,
    problems: [
      { field: 'port', value: 'x', message: 'Must be a port.' },
      { message: 'More fields.' },
    ],
  };
  const good = { ...row, line: 3, outcome: 'new' as const, problems: [] };
  it('says of a row what is wrong, or what happens', () => {
    expect(rowWords(bad, false)).toBe('port “x”: Must be a port. More fields.');
    expect(rowWords(good, false)).toBe('Will be registered.');
    expect(rowWords(good, true)).toBe('Registered.');
  });
  it('can be cut down to its errors', () => {
    const report: ImportReport = {
      dry_run: true,
      imported: false,
      new: 1,
      exists: 0,
      errors: 1,
      rows: [bad, good],
    };
    expect(shownRows(report, true)).toEqual([bad]);
    expect(shownRows(report, false)).toHaveLength(2);
  });
  it('refuses a file that is no text, in words', async () => {
    expect(await readText(new File(['name\nZoë'], 'a.csv'))).toBe('name\nZoë');
    await expect(readText(new File([new Uint8Array([0x4d, 0xfc])], 'a.csv'))).rejects.toThrow(
      'UTF-8',
    );
    await expect(readText(new File(['x'.repeat(2 * 1024 * 1024 + 1)], 'a.csv'))).rejects.toThrow(
      '2 MiB',
    );
  });
});
