/**
 * What a role may do: the table of internal/auth/permission.go once more, so that
 * pages offer only what the manager will not refuse. The manager decides; this
 * only spares people the refusal. can.test.ts compares the two tables.
 */
export type Permission =
  | 'fleet.read'
  | 'fleet.operate'
  | 'hosts.manage'
  | 'enrollment.read'
  | 'discovery.read'
  | 'discovery.scan'
  | 'groups.manage'
  | 'users.read'
  | 'users.manage'
  | 'settings.read'
  | 'settings.manage'
  | 'ca.manage'
  | 'audit.read'
  | 'account.own';

type Rule = { roles: readonly string[]; refusal: string };

const everybody = ['admin', 'operator', 'auditor'];
const admins = ['admin'];
const overseers = ['admin', 'auditor'];

export const rules: Record<Permission, Rule> = {
  'fleet.read': { roles: everybody, refusal: '' },
  'fleet.operate': { roles: ['admin', 'operator'], refusal: 'Your role may not change hosts.' },
  'hosts.manage': { roles: admins, refusal: 'Only admins may register, change and remove hosts.' },
  'enrollment.read': {
    roles: overseers,
    refusal: 'Only admins and auditors may see enrollment requests and tokens.',
  },
  'discovery.read': {
    roles: overseers,
    refusal: 'Only admins and auditors may see scans of networks.',
  },
  'discovery.scan': { roles: admins, refusal: 'Only admins may scan networks.' },
  'groups.manage': { roles: admins, refusal: 'Only admins may change groups.' },
  'users.read': { roles: overseers, refusal: 'Only admins and auditors may see users.' },
  'users.manage': { roles: admins, refusal: 'Only admins may change users.' },
  'settings.read': { roles: overseers, refusal: 'Only admins and auditors may see settings.' },
  'settings.manage': { roles: admins, refusal: 'Only admins may change settings.' },
  'ca.manage': { roles: admins, refusal: 'Only admins may change certificates.' },
  'audit.read': { roles: overseers, refusal: 'Only admins and auditors may read the audit trail.' },
  'account.own': { roles: everybody, refusal: '' },
};

type Person = { role: string } | null | undefined;

/** Whether this person's role has a permission; nobody signed in has none. */
export function can(person: Person, permission: Permission): boolean {
  return person != null && rules[permission].roles.includes(person.role);
}

/** Why this person may not, in the manager's words; empty when they may. */
export function whyNot(person: Person, permission: Permission): string {
  return can(person, permission) ? '' : rules[permission].refusal || 'Sign in first.';
}
