import type { Role } from '../../../api/types';

const methods: Record<string, string> = {
  password: 'password',
  totp: 'authenticator app',
  passkey: 'passkey',
  recovery_code: 'recovery code',
  sso: 'single sign-on',
};

/** How a session was begun, in words; a new way is shown by its own name. */
export const methodWords = (method: string): string =>
  (Object.hasOwn(methods, method) && methods[method]) || method.replaceAll('_', ' ');

/**
 * The roles that a token of this user may have. Operators and auditors do not cover
 * each other: one changes the hosts of its groups, the other reads everything.
 */
export const rolesUpTo = (role: Role): Role[] =>
  role === 'admin' ? ['admin', 'operator', 'auditor'] : [role];
