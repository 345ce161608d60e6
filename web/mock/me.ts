import type { MFA, Session, User } from '../src/api/types';
import { refuse, state } from './answers';
import { ago, id } from './hosts';

/** The one who is signed in, and what they have set up. */
export const mfa: MFA = {
  totp: { confirmed_at: ago(86_400 * 38) },
  passkeys: [
    {
      id: id('K', 1),
      name: 'Work laptop',
      created_at: ago(86_400 * 30),
      last_used_at: ago(7300),
      backed_up: true,
    },
    {
      id: id('K', 2),
      name: 'Security key in the safe',
      created_at: ago(86_400 * 30),
      last_used_at: null,
      backed_up: false,
    },
  ],
  recovery_codes_left: 7,
};

/** What the user has changed of themselves; the theme begins as this browser has it. */
export const profile = {
  display_name: 'Administrator',
  email: 'admin@example.com',
  theme: '' as User['theme'] | '',
  time_zone: '',
};

const storedTheme = () =>
  (typeof localStorage === 'undefined' ? null : localStorage.getItem('pm-theme')) as
    | User['theme']
    | null;

export const me = (): User => ({
  id: id('U', 1),
  username: 'admin',
  display_name: profile.display_name,
  email: profile.email,
  role: state.role,
  local: true,
  must_change_password: state.mustChange,
  must_set_up_mfa: state.mustSetUpMfa,
  group_ids: [],
  theme: profile.theme || storedTheme() || 'system',
  time_zone: profile.time_zone,
  recovery_codes_left: mfa.recovery_codes_left,
  fresh_until: state.fresh ? ago(-240) : null,
});

export const session = (): Session => ({
  access_token: 'made-up',
  expires_at: ago(-900),
  user: me(),
});

/** The refusal of a dangerous act while the second factor was not shown lately. */
export const stale = () =>
  state.fresh
    ? null
    : refuse(403, 'step_up_required', 'Confirm with your second factor that it is still you.');

/** The code that every made-up authenticator shows; 000000 is always wrong. */
export const isWrong = (code: unknown) => String(code).replace(/\D/g, '') === '000000';

/** How the manager refuses a wrong code of somebody who is signed in: at its field. */
export const wrongCode = (code: unknown) =>
  isWrong(code)
    ? refuse(422, 'validation_failed', 'Some of the input is not valid.', [
        { field: 'code', message: 'This code is wrong or was used before. Wait for the next one.' },
      ])
    : null;
