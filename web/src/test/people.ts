import type { User } from '../api/types';

/** A signed-in user for tests that do not care who it is. */
export const someUser = (more: Partial<User> = {}): User => ({
  id: '1',
  username: 'admin',
  display_name: '',
  email: '',
  role: 'admin',
  local: true,
  must_change_password: false,
  must_set_up_mfa: false,
  group_ids: [],
  theme: 'system',
  time_zone: '',
  recovery_codes_left: 10,
  fresh_until: null,
  ...more,
});
