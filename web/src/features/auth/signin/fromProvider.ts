import type { Challenge, FactorMethod } from '../../../api/types';

const known: readonly string[] = ['totp', 'passkey', 'recovery_code'] satisfies FactorMethod[];

/**
 * A sign-in at a provider that still wants our second factor comes back with its
 * challenge behind the "#" of the address, which goes to no log and no referrer.
 */
export function challengeFrom(hash: string): { challenge: Challenge; returnTo: string } | null {
  const said = new URLSearchParams(hash.replace(/^#/, ''));
  const token = said.get('challenge');
  if (!token) return null;
  const methods = (said.get('methods') ?? '')
    .split(/[,\s]+/)
    .filter((method): method is FactorMethod => known.includes(method));
  return {
    challenge: { token, methods, expires_at: said.get('expires_at') ?? '' },
    returnTo: said.get('return_to') ?? '',
  };
}
