import type { SignIn, User } from '../src/api/types';
import { json, nothing, type Route, refuse, state } from './answers';
import { ago, id } from './hosts';

const user = (): User => ({
  id: id('U', 1),
  username: 'admin',
  display_name: 'Administrator',
  email: 'admin@example.com',
  role: state.role,
  local: true,
  must_change_password: state.mustChange,
  must_set_up_mfa: false,
  group_ids: [],
  theme: 'system',
  time_zone: '',
  recovery_codes_left: 10,
  fresh_until: null,
});
const session = () => ({ access_token: 'made-up', expires_at: ago(-900), user: user() });

export const identityRoutes: Route[] = [
  [
    'POST',
    /^\/auth\/refresh$/,
    () => (state.signedIn ? json(session()) : refuse(401, 'session_ended', 'No session.')),
  ],
  [
    'POST',
    /^\/auth\/login$/,
    (_, { body }) => {
      if (body.password === 'wrong')
        return refuse(401, 'invalid_credentials', 'User name or password is wrong.');
      state.signedIn = true;
      return json({ session: session(), challenge: null } satisfies SignIn);
    },
  ],
  [
    'POST',
    /^\/auth\/logout$/,
    () => {
      state.signedIn = false;
      return nothing();
    },
  ],
  [
    'POST',
    /^\/auth\/password$/,
    () => {
      state.mustChange = false;
      return json(session());
    },
  ],
];
