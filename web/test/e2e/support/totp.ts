import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { stateFile } from './paths';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function decodeBase32(text: string): Buffer {
  let bits = '';
  for (const c of text.replace(/=+$/, '').toUpperCase()) {
    bits += alphabet.indexOf(c).toString(2).padStart(5, '0');
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The code of a 30-second step (RFC 6238 with SHA-1 and six digits, as every authenticator app has it). */
export function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', decodeBase32(secret)).update(counter).digest();
  const number = mac.readUInt32BE((mac[19] ?? 0) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const paper = (user: string) => stateFile.replace(/[^/]*$/, `recovery-${user}.json`);

/** Keeps recovery codes, as a person does on paper. */
export function keepRecoveryCodes(user: string, codes: string[]): void {
  writeFileSync(paper(user), JSON.stringify(codes));
}

/** One recovery code of a user, struck off the list. */
export function takeRecoveryCode(user: string): string {
  const [first = '', ...rest] = JSON.parse(readFileSync(paper(user), 'utf8')) as string[];
  keepRecoveryCodes(user, rest);
  return first;
}

type Authenticator = { secret: string; lastStep: number };

const file = (user: string) => stateFile.replace(/[^/]*$/, `totp-${user}.json`);

/** Keeps the secret that a user was shown, as an authenticator app does. */
export function rememberSecret(user: string, secret: string): void {
  writeFileSync(file(user), JSON.stringify({ secret, lastStep: 0 } satisfies Authenticator));
}

/** The next code of a user that was not used before: a code works once, so this may wait for its turn. */
export async function nextCode(user: string): Promise<string> {
  const app = JSON.parse(readFileSync(file(user), 'utf8')) as Authenticator;
  const now = () => Math.floor(Date.now() / 30_000);
  while (now() <= app.lastStep) {
    await new Promise((done) => setTimeout(done, 250));
  }
  const step = now();
  writeFileSync(file(user), JSON.stringify({ ...app, lastStep: step }));
  return codeOf(app.secret, step);
}
