import type { AuditEntry, AuditProof } from '../src/api/types';

/** A key of this page and proofs in a tree of two entries, made as the manager makes them. */
const name = 'patch-manager.example.com/audit';
const pair = crypto.subtle.generateKey('Ed25519', true, [
  'sign',
  'verify',
]) as Promise<CryptoKeyPair>;

type Bytes = Uint8Array<ArrayBuffer>;
const base64 = (bytes: Bytes) => btoa(String.fromCharCode(...bytes));
const join = (...parts: Bytes[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]));
const sha256 = async (...parts: Bytes[]): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)));
const keyId = Uint8Array.of(1, 2, 3, 4);

export async function verifierKey(): Promise<string> {
  const raw = await crypto.subtle.exportKey('raw', (await pair).publicKey);
  return `${name}+01020304+${base64(join(Uint8Array.of(1), new Uint8Array(raw)))}`;
}

export async function signedNote(size: number, root: Bytes): Promise<string> {
  const text = `${name}\n${size}\n${base64(root)}\n`;
  const key = (await pair).privateKey;
  const signature = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(text));
  return `${text}\n\u2014 ${name} ${base64(join(keyId, new Uint8Array(signature)))}\n`;
}

export async function proofOf(entry: AuditEntry): Promise<AuditProof> {
  const own = Uint8Array.from(entry.row_hash.match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  const leaf = await sha256(Uint8Array.of(0), own);
  const other = await sha256(Uint8Array.of(0), Uint8Array.of(7));
  const root = await sha256(Uint8Array.of(1), other, leaf);
  return {
    entry,
    leaf_hash: base64(leaf),
    index: 1,
    tree_size: 2,
    hashes: [base64(other)],
    checkpoint: {
      size: 2,
      root_hash: base64(root),
      at: new Date().toISOString(),
      note: await signedNote(2, root),
    },
  };
}
