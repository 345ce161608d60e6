/** Why single sign-on did not work out, in words; the codes are those of internal/auth/sso.go. */
const ssoErrors: Record<string, string> = {
  sso_unavailable:
    'This provider cannot be used now: it is switched off or does not answer. Sign in another way, or try again later.',
  sso_expired:
    'This sign-in took too long, or was begun in another browser. Begin again from this page.',
  sso_denied: 'The provider did not let you in, or you did not finish there. Nothing has changed.',
  sso_failed:
    'The answer of the provider could not be verified. Try again; if it happens again, an administrator finds the reason in the log.',
  sso_unknown_user:
    'The provider knows you, but no account here is linked to you. Sign in with your password and link it in your profile, or ask an administrator.',
  sso_no_role:
    'The provider knows you, but you are in none of the groups that may use this. Ask an administrator.',
  sso_account_disabled: 'Your account is disabled. Ask an administrator.',
  sso_last_admin:
    'Your new groups would take the last local administrator away. Another administrator has to be made first.',
  sso_already_linked:
    'This account at the provider belongs to another user here, or yours is linked to another one there.',
  sso_not_linked:
    'You signed in at the provider as somebody else. Use the account that is linked to you.',
  sso_no_second_factor:
    'The provider did not ask for a second factor. Use the one that you set up here.',
  sso_not_fresh:
    'The provider did not ask you to sign in again. Sign out there, then try once more.',
  sso_session_ended: 'Your session ended while you were at the provider. Sign in again.',
  sso_busy: 'Too many sign-ins were begun from your network. Try again in a few minutes.',
};

export function ssoErrorWords(code: string): string {
  return (
    (Object.hasOwn(ssoErrors, code) && ssoErrors[code]) ||
    `Single sign-on did not work (${code.slice(0, 60)}). Try again, or ask an administrator.`
  );
}

const whys = {
  '': '',
  ended:
    'Your session has ended: it ran out, or it was ended by you on another device or by an administrator. Sign in to go on where you were.',
  other_tab: 'You signed out in another tab.',
} as const;

/** Why somebody who was signed in is here again. */
export const whyWords = (why: keyof typeof whys) => whys[why];
