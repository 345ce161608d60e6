import type { EnrollmentToken } from '../../api/types';
import type { Status } from '../../lib/status';

/** A token's state, worst first: what was revoked is not "used up". */
export function tokenStatus(token: EnrollmentToken, now: Date): Status {
  if (token.revoked_at) return { label: 'Revoked', tone: 'neutral', shape: 'stop' };
  if (token.used >= token.uses) return { label: 'Used up', tone: 'neutral', shape: 'check' };
  if (new Date(token.expires_at) <= now)
    return { label: 'Expired', tone: 'medium', shape: 'clock' };
  return { label: 'Works', tone: 'ok', shape: 'check' };
}
