import type { User } from '../generated/api.gen';

type Role = User['role'];

/** Users, their sessions and tokens. */
export type UserStatus = 'active' | 'disabled' | 'locked' | 'new';
export type UserLink = { provider_id: string; name: string; subject: string };
export type UserRow = {
  id: string;
  username: string;
  display_name: string;
  email: string;
  role: Role;
  group_ids: string[];
  status: UserStatus;
  /** Has a password of its own. */
  local: boolean;
  mfa: ('totp' | 'passkey')[];
  providers: UserLink[];
  last_sign_in_at: string | null;
  created_at: string;
  sessions: number;
  locked_until: string | null;
};
export type UserPage = { items: UserRow[]; total: number };
export type NewUser = {
  username: string;
  display_name: string;
  email: string;
  role: Role;
  group_ids: string[];
};
export type UserChange = {
  display_name?: string;
  email?: string;
  role?: Role;
  group_ids?: string[];
  disabled?: boolean;
};
export type CreatedUser = { user: UserRow; one_time_password: string };
export type SessionInfo = {
  id: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  address: string;
  user_agent: string;
  device: string;
  methods: string[];
  current: boolean;
};
export type ApiToken = {
  id: string;
  name: string;
  role: Role;
  read_only: boolean;
  group_ids: string[] | null;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  last_used_address: string;
  revoked_at: string | null;
};
type ById = { path: { id: string } };

export type Member = {
  id: string;
  username: string;
  display_name: string;
  role: Role;
  disabled: boolean;
};
type Members = { items: Member[]; total: number };

export interface UserOperations {
  groupMembers: ById & { ok: Members };
  setGroupMembers: ById & { body: { user_ids: string[] }; ok: unknown };
  listUsers: {
    query?: {
      q?: string;
      role?: Role[];
      status?: UserStatus[];
      group_id?: string;
      sort?: 'username' | 'last_sign_in';
      order?: 'asc' | 'desc';
      page?: number;
      page_size?: number;
    };
    ok: UserPage;
  };
  createUser: { body: NewUser; ok: CreatedUser };
  getUser: ById & { ok: UserRow };
  updateUser: ById & { body: UserChange; ok: UserRow };
  deleteUser: ById & { ok: undefined };
  resetPassword: ById & { ok: { one_time_password: string } };
  resetMfa: ById & { ok: undefined };
  unlockUser: ById & { ok: undefined };
  userSessions: ById & { ok: { items: SessionInfo[]; total: number } };
  endUserSessions: ById & { ok: { ended: number } };
  endUserSession: { path: { id: string; session_id: string }; ok: undefined };
  userTokens: ById & { ok: { items: ApiToken[]; total: number } };
  revokeUserToken: { path: { id: string; token_id: string }; ok: undefined };
}

export const userRoutes = {
  groupMembers: ['GET', '/api/v1/groups/{id}/members'],
  setGroupMembers: ['PUT', '/api/v1/groups/{id}/members'],
  listUsers: ['GET', '/api/v1/users'],
  createUser: ['POST', '/api/v1/users'],
  getUser: ['GET', '/api/v1/users/{id}'],
  updateUser: ['PATCH', '/api/v1/users/{id}'],
  deleteUser: ['DELETE', '/api/v1/users/{id}'],
  resetPassword: ['POST', '/api/v1/users/{id}/reset-password'],
  resetMfa: ['POST', '/api/v1/users/{id}/reset-mfa'],
  unlockUser: ['POST', '/api/v1/users/{id}/unlock'],
  userSessions: ['GET', '/api/v1/users/{id}/sessions'],
  endUserSessions: ['POST', '/api/v1/users/{id}/end-sessions'],
  endUserSession: ['DELETE', '/api/v1/users/{id}/sessions/{session_id}'],
  userTokens: ['GET', '/api/v1/users/{id}/tokens'],
  revokeUserToken: ['DELETE', '/api/v1/users/{id}/tokens/{token_id}'],
} as const;
