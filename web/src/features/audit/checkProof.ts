import type { AuditProof } from '../../api/types';

/** What was found, each step on its own, so that a failure names the place. */
export type ProofResult = {
  /** The leaf is the hash of the entry that is shown. */
  leaf: boolean;
  /** The path leads from the leaf to the root of the signed checkpoint. */
  path: boolean;
  /** The checkpoint has the key's signature; null: this browser cannot check it. */
  signature: boolean | null;
};

/**
 * Checks an inclusion proof as RFC 6962 says, without trusting what the manager
 * computed: leaf = SHA-256(0x00, row_hash), node = SHA-256(0x01, left, right).
 */
export async function checkProof(
  proof: AuditProof,
  rowHash: string,
  verifierKey: string,
): Promise<ProofResult> {
  const note = readNote(proof.checkpoint.note);
  const leaf = await sha256(Uint8Array.of(0), fromHex(rowHash));
  const root = await rootOf(leaf, proof.index, proof.tree_size, proof.hashes.map(fromBase64));
  return {
    leaf: same(leaf, fromBase64(proof.leaf_hash)) && proof.entry.row_hash === rowHash,
    path: note.size === proof.tree_size && root !== null && same(root, note.root),
    signature: await checkSignature(note, verifierKey),
  };
}

/** The root that a path leads to (RFC 9162, 2.1.3.2); null when it has not the right length. */
export async function rootOf(leaf: Bytes, index: number, size: number, path: Bytes[]) {
  if (index >= size) return null;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (at % 2 === 1 || at === last) {
      hash = await node(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await node(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : null;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Note = {
  text: string;
  size: number;
  root: Bytes;
  signatures: { name: string; bytes: Bytes }[];
};

/** A signed note: name, size and root, a blank line, signatures. */
export function readNote(note: string): Note {
  const cut = note.indexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const [, size = '', root = ''] = text.split('\n');
  const signatures = note
    .slice(cut + 2)
    .split('\n')
    .map((line) => /^\u2014 (\S+) (\S+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, bytes]) => ({ name: name as string, bytes: fromBase64(bytes as string) }));
  return { text, size: Number(size), root: fromBase64(root), signatures };
}

/** The key is "name+id+base64", its first byte the algorithm: 1 is Ed25519. */
async function checkSignature(note: Note, verifierKey: string): Promise<boolean | null> {
  const [name, , ...rest] = verifierKey.split('+');
  const key = fromBase64(rest.join('+'));
  const signature = note.signatures.find((s) => s.name === name);
  if (!signature || key[0] !== 1) return false;
  try {
    const imported = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, [
      'verify',
    ]);
    const text = new TextEncoder().encode(note.text);
    // The first four bytes name the key.
    return await crypto.subtle.verify('Ed25519', imported, signature.bytes.slice(4), text);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return null;
    throw error;
  }
}

const node = (left: Bytes, right: Bytes) => sha256(Uint8Array.of(1), left, right);

async function sha256(...parts: Bytes[]): Promise<Bytes> {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

const same = (a: Bytes, b: Bytes) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
