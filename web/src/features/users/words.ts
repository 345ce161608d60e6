import type { ApiToken, Role, UserRow } from '../../api/types';
import type { Status } from '../../lib/status';

const statuses: Record<string, Status> = {
  active: { label: 'Active', tone: 'ok', shape: 'check' },
  disabled: { label: 'Disabled', tone: 'neutral', shape: 'stop' },
  locked: { label: 'Locked', tone: 'high', shape: 'warning' },
  new: { label: 'Never signed in', tone: 'paused', shape: 'clock' },
};

export const userStatus = (status: string): Status =>
  statuses[status] ?? { label: status || 'Unknown', tone: 'unknown', shape: 'question' };

export const statusOptions = Object.entries(statuses).map(
  ([value, { label }]): [string, string] => [value, label],
);

export const roles: [Role, string, string][] = [
  ['admin', 'Admin', 'Everything, on all hosts: users, settings, certificates.'],
  [
    'operator',
    'Operator',
    'Patches and reboots the hosts of the groups below, and sees no others.',
  ],
  [
    'auditor',
    'Auditor',
    'Sees the whole fleet, the users and the audit trail, and changes nothing.',
  ],
];

export const roleName = (role: string) => roles.find(([value]) => value === role)?.[1] ?? role;

const factors: Record<string, string> = { totp: 'Authenticator app', passkey: 'Passkey' };

/** What somebody shows beside the password, or why nothing is needed of ours. */
export function factorWords(user: Pick<UserRow, 'mfa' | 'local'>): string {
  if (user.mfa.length > 0) return user.mfa.map((kind) => factors[kind] ?? kind).join(', ');
  return user.local ? 'None yet' : 'At the provider';
}

const methods: Record<string, string> = {
  password: 'password',
  totp: 'authenticator app',
  recovery_code: 'recovery code',
  passkey: 'passkey',
  sso: 'single sign-on',
};

export const methodWords = (used: string[]) =>
  used.map((method) => methods[method] ?? method).join(' + ') || 'not known';

export function tokenStatus(token: ApiToken, now: Date): Status {
  if (token.revoked_at) return { label: 'Revoked', tone: 'neutral', shape: 'stop' };
  if (Date.parse(token.expires_at) <= now.getTime())
    return { label: 'Expired', tone: 'medium', shape: 'clock' };
  return { label: 'Works', tone: 'ok', shape: 'check' };
}
