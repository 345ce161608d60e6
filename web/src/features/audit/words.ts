import type { AuditEntry } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import type { Status } from '../../lib/status';
import { plain } from '../../lib/words';

/** What each action says as words. A newer manager's action is shown by its code, made readable. */
const actions: Record<string, string> = {
  'session.login': 'Signed in',
  'session.login_failed': 'Failed to sign in',
  'session.factor_asked': 'Gave the password, was asked for the second factor',
  'session.step_up': 'Confirmed with the second factor',
  'session.step_up_failed': 'Failed to confirm with the second factor',
  'session.logout': 'Signed out',
  'session.end': 'Ended a session',
  'session.end_all': 'Ended all sessions',
  'session.refresh_reused': 'A used-up sign-in came back: all its sessions ended',
  'user.create': 'Made a user',
  'user.update': 'Changed a user',
  'user.delete': 'Deleted a user',
  'user.disable': 'Disabled a user',
  'user.enable': 'Enabled a user',
  'user.unlock': 'Unlocked a user',
  'user.role_change': 'Changed the role of a user',
  'user.groups_change': 'Changed the groups of a user',
  'user.profile_change': 'Changed their profile',
  'user.password_change': 'Changed their password',
  'user.password_change_failed': 'Failed to change their password',
  'user.password_reset': 'Reset the password of a user',
  'user.mfa_reset': 'Reset the second factors of a user',
  'user.totp_begin': 'Began to set up an authenticator app',
  'user.totp_add': 'Set up an authenticator app',
  'user.totp_remove': 'Removed the authenticator app',
  'user.passkey_add': 'Added a passkey',
  'user.passkey_rename': 'Renamed a passkey',
  'user.passkey_remove': 'Removed a passkey',
  'user.recovery_codes_renew': 'Renewed the recovery codes',
  'user.sso_link': 'Linked single sign-on',
  'user.sso_unlink': 'Unlinked single sign-on',
  'api_token.create': 'Made an API token',
  'api_token.revoke': 'Revoked an API token',
  'host_view.create': 'Saved a view of hosts',
  'host_view.update': 'Changed a saved view of hosts',
  'host_view.delete': 'Deleted a saved view of hosts',
  'group.create': 'Made a group',
  'group.update': 'Changed a group',
  'group.delete': 'Deleted a group',
  'group.add_hosts': 'Added hosts to a group',
  'group.remove_hosts': 'Removed hosts from a group',
  'group.members_change': 'Changed the members of a group',
  'host.add': 'Added a host',
  'host.approve': 'Approved a host',
  'host.refresh': 'Refreshed a host',
  'host.remove': 'Removed a host',
  'host.set_groups': 'Changed the groups of a host',
  'host.register': 'Registered a host',
  'host.import': 'Imported hosts',
  'host.update': 'Changed a host',
  'host.label': 'Changed the labels of a host',
  'hosts.label': 'Changed the labels of hosts',
  'hosts.group': 'Changed the groups of hosts',
  'hosts.note': 'Wrote a note on hosts',
  'hosts.refresh': 'Refreshed hosts',
  'hosts.remove': 'Removed hosts',
  'hosts.export': 'Exported the list of hosts',
  'enrollment.request': 'Asked to be enrolled',
  'enrollment.approve': 'Approved an enrollment',
  'enrollment.complete': 'Fetched the certificate',
  'enrollment.deny': 'Denied an enrollment',
  'enrollment.expire': 'An enrollment expired',
  'enrollment_token.create': 'Made an enrollment token',
  'enrollment_token.revoke': 'Revoked an enrollment token',
  'certificate.issue': 'Issued a certificate',
  'certificate.renew': 'Renewed a certificate',
  'plan.create': 'Asked for a plan',
  'job.create': 'Ordered a job',
  'job.cancel': 'Cancelled a job',
  'job.finish': 'A job ended',
  'settings.security_change': 'Changed the security settings',
  'settings.access_change': 'Changed the allowed addresses',
  'settings.access_confirm': 'Confirmed the allowed addresses',
  'settings.access_reset': 'Let all addresses in again',
  'settings.access_revert': 'Took the allowed addresses back: not confirmed in time',
  'settings.audit_change': 'Changed the audit settings',
  'sso_provider.create': 'Added a sign-on provider',
  'sso_provider.update': 'Changed a sign-on provider',
  'sso_provider.delete': 'Removed a sign-on provider',
  'sso_provider.test': 'Tested a sign-on provider',
  'audit.export': 'Exported the audit trail',
  'audit.verify': 'Started a verification of the audit trail',
  'audit.verified': 'A verification of the audit trail ended',
  'audit.prune': 'Removed audit entries that are too old',
};

export function actionWords(action: string): string {
  if (Object.hasOwn(actions, action)) return actions[action] as string;
  return plain(action.replaceAll('.', ': '));
}

/** The subjects that a filter can name as a whole, and what they are called. */
export function subjectOf(action: string): string {
  return `${action.split('.')[0]}.`;
}

const actorKinds: Record<string, string> = {
  user: 'Person',
  agent: 'Agent',
  system: 'The manager itself',
  anonymous: 'Nobody signed in',
};

export function actorName(actor: AuditEntry['actor']): string {
  return actor.name || actorKinds[actor.kind] || actor.kind;
}

export const actorKind = (kind: string) => actorKinds[kind] ?? kind;

/** Where the thing is that was acted on; empty when it has no page of its own. */
export function targetPath(target: AuditEntry['target']): string {
  if (!target.id) return '';
  const pages: Record<string, string> = {
    user: paths.user(target.id),
    host: paths.host(target.id),
    group: paths.group(target.id),
    job: paths.job(target.id),
    enrollment: withQuery(paths.enrollment, { view: 'decided' }),
    enrollment_token: withQuery(paths.enrollment, { view: 'tokens' }),
    settings: paths.settings(target.id),
    sso_provider: paths.settings('sso'),
    audit_verification: withQuery(paths.audit, { view: 'verify' }),
  };
  return pages[target.kind] ?? '';
}

export const targetName = (target: AuditEntry['target']) =>
  target.name || (target.kind ? plain(target.kind) : '–');

const states: Record<string, Status> = {
  running: { label: 'Running', tone: 'running', shape: 'play' },
  intact: { label: 'Intact', tone: 'ok', shape: 'check' },
  broken: { label: 'Broken', tone: 'critical', shape: 'cross' },
  failed: { label: 'Did not finish', tone: 'high', shape: 'warning' },
};

export const verificationStatus = (state: string): Status =>
  states[state] ?? { label: state, tone: 'unknown', shape: 'question' };

const breaks: Record<string, string> = {
  missing: 'An entry is missing',
  edited: 'An entry was changed after it was written',
  unlinked: 'An entry does not follow from the one before',
  truncated: 'Entries at the end are gone',
  rewritten: 'The trail was written anew',
  forged: 'A checkpoint does not have our signature',
  restored: 'An older copy of the trail was put back',
};

export const breakWords = (kind: string) => breaks[kind] ?? plain(kind);

/** Details as names and texts, nested ones with dots, in the order of the alphabet. */
export function flatten(details: Record<string, unknown>, prefix = ''): [string, string][] {
  return Object.entries(details)
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([name, value]): [string, string][] => {
      const key = prefix + name;
      if (value !== null && typeof value === 'object' && !Array.isArray(value))
        return flatten(value as Record<string, unknown>, `${key}.`);
      return [[key, textOf(value)]];
    });
}

function textOf(value: unknown): string {
  if (value === null || value === '') return 'empty';
  if (!Array.isArray(value)) return String(value);
  if (value.length === 0) return 'none';
  return value.map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v))).join(', ');
}
