import { expect, it } from 'vitest';
import { entries } from '../../../mock/audit';
import { proofOf, verifierKey } from '../../../mock/proof';
import type { AuditEntry } from '../../api/types';
import { checkProof, fromBase64, readNote, rootOf } from './checkProof';
import { filterFrom, instantOf } from './filter';
import { actionWords, flatten, targetPath } from './words';

const sha = async (...parts: number[][]) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flat())));
const hex = (bytes: Uint8Array) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

/** The root of a tree and the path to one leaf, computed from the definition (RFC 6962, 2.1). */
async function tree(leaves: Uint8Array[], index: number) {
  type Part = { root: Uint8Array; path: Uint8Array[] };
  const build = async (from: number, to: number): Promise<Part> => {
    if (to - from === 1) return { root: leaves[from] as Uint8Array, path: [] };
    let k = 1;
    while (k * 2 < to - from) k *= 2;
    const left = await build(from, from + k);
    const right = await build(from + k, to);
    const inLeft = index < from + k;
    const path = inLeft ? [...left.path, right.root] : [...right.path, left.root];
    return { root: await sha([1], [...left.root], [...right.root]), path };
  };
  return build(0, leaves.length);
}

it('finds the root of every tree up to 20 leaves from every one of its leaves', async () => {
  for (let size = 1; size <= 20; size++) {
    const leaves = await Promise.all(Array.from({ length: size }, (_, i) => sha([0], [i])));
    for (let i = 0; i < size; i++) {
      const { root, path } = await tree(leaves, i);
      const typed = path as Uint8Array<ArrayBuffer>[];
      const leaf = leaves[i] as Uint8Array<ArrayBuffer>;
      const found = await rootOf(leaf, i, size, typed);
      expect(found && hex(found), `leaf ${i} of ${size}`).toBe(hex(root));
      expect(await rootOf(leaf, i, size, [...typed, leaf])).toBeNull();
      if (typed.length > 0) expect(await rootOf(leaf, i, size, typed.slice(1))).toBeNull();
    }
  }
  expect(await rootOf(await sha([0]), 3, 3, [])).toBeNull();
});

it('believes a proof only when leaf, path and signature all hold', async () => {
  const entry = entries[0] as AuditEntry;
  const proof = await proofOf(entry);
  const key = await verifierKey();
  const good = { leaf: true, path: true, signature: true };
  expect(await checkProof(proof, entry.row_hash, key)).toEqual(good);
  // Another entry than the one that is shown.
  const other = entries[1] as AuditEntry;
  expect(await checkProof(proof, other.row_hash, key)).toMatchObject({ leaf: false, path: false });
  // A path to another root.
  const bent = { ...proof, hashes: [proof.leaf_hash] };
  expect(await checkProof(bent, entry.row_hash, key)).toEqual({ ...good, path: false });
  // A checkpoint that says another size than was signed.
  const note = proof.checkpoint.note.replace('\n2\n', '\n3\n');
  const forged = { ...proof, checkpoint: { ...proof.checkpoint, note } };
  expect(await checkProof(forged, entry.row_hash, key)).toMatchObject({
    path: false,
    signature: false,
  });
  // Another key of the same name; base64 may hold a + itself.
  const wrong = key.replace(/(?<=^[^+]+\+[^+]+\+).*$/, (text) =>
    btoa(`\u0001${atob(text).slice(1).split('').reverse().join('')}`),
  );
  expect((await checkProof(proof, entry.row_hash, wrong)).signature).toBe(false);
});

it('reads a signed note', () => {
  const note = readNote('log\n7\nAAAA\n\n\u2014 log BBBB\n\u2014 witness CCCC\n');
  expect(note).toMatchObject({ text: 'log\n7\nAAAA\n', size: 7, root: fromBase64('AAAA') });
  expect(note.signatures.map((s) => s.name)).toEqual(['log', 'witness']);
});

it('takes the filter from the address and leaves nonsense out', () => {
  const of = (text: string) => {
    const search = new URLSearchParams(text);
    return filterFrom((name) => search.get(name) ?? '');
  };
  expect(of('q=x&action=user.&actor_kind=robot&from=yesterday&page=3')).toEqual({
    q: 'x',
    action: 'user.',
  });
  expect(of('actor_kind=system&from=2026-11-23T02:00').actor_kind).toBe('system');
  expect(instantOf('2026-11-23T02:00')).toBe(new Date(2026, 10, 23, 2).toISOString());
});

it('says actions in words, also those that it has never heard of', () => {
  expect(actionWords('session.login')).toBe('Signed in');
  expect(actionWords('window.move_all')).toBe('Window: move all');
  expect(actionWords('constructor')).toBe('Constructor');
});

it('leads from a target to its page, and nowhere from what has none', () => {
  expect(targetPath({ kind: 'host', id: 'A', name: 'web1' })).toBe('/hosts/A');
  expect(targetPath({ kind: 'settings', id: 'access', name: '' })).toBe('/settings/access');
  expect(targetPath({ kind: 'session', id: 'A', name: '' })).toBe('');
  expect(targetPath({ kind: 'user', id: '', name: 'root' })).toBe('');
});

it('shows details flat and says what is empty', () => {
  expect(flatten({ b: { y: [1, 2], x: null }, a: '', c: [], d: false })).toEqual([
    ['a', 'empty'],
    ['b.x', 'empty'],
    ['b.y', '1, 2'],
    ['c', 'none'],
    ['d', 'false'],
  ]);
});
