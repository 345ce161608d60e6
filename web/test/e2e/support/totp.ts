import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
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

type Authenticator = { secret: string; lastStep: number };

const file = (user: string) => stateFile.replace(/[^/]*$/, `totp-${user}.json`);

/** Keeps the secret that a user was shown, as an authenticator app does. */
export function rememberSecret(user: string, secret: string): void {
  writeFileSync(file(user), JSON.stringify({ secret, lastStep: 0 } satisfies Authenticator));
}

export function hasSecret(user: string): boolean {
  return existsSync(file(user));
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
