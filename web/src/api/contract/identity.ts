/** Who somebody is: sign-in, second factors, sessions and tokens of one's own. */
export type Role = 'admin' | 'operator' | 'auditor';
export type Theme = 'system' | 'dark' | 'light';
export type User = {
  id: string;
  username: string;
  display_name: string;
  email: string;
  role: Role;
  /** Has a password of their own. */
  local: boolean;
  must_change_password: boolean;
  must_set_up_mfa: boolean;
  group_ids: string[];
  theme: Theme;
  /** An IANA name; empty: the browser's. */
  time_zone: string;
  recovery_codes_left: number;
  fresh_until: string | null;
};
export type Session = { access_token: string; expires_at: string; user: User };

export type FactorMethod = 'totp' | 'recovery_code' | 'passkey';
export type Challenge = { token: string; methods: FactorMethod[]; expires_at: string };
export type SignIn = { session: Session | null; challenge: Challenge | null };
export type SignInMethods = {
  password: boolean;
  passkey: boolean;
  providers: { id: string; name: string }[];
};

/** Options of the browser's WebAuthn call; only @simplewebauthn/browser looks into them. */
export type Ceremony = { ceremony: string; options: Record<string, unknown> };
export type CeremonyAnswer = { ceremony: string; credential: object };

export type Passkey = {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  /** Kept by a password manager or an account, not only by one device. */
  backed_up: boolean;
};
export type Mfa = {
  totp: { confirmed_at: string } | null;
  passkeys: Passkey[];
  recovery_codes_left: number;
};
/** The secret of an authenticator app; rows of the QR code are "0" and "1". */
export type TotpSetup = { secret: string; uri: string; qr: string[] };
export type TotpConfirmed = { recovery_codes: string[] | null; session: Session | null };
export type PasskeyRegistered = { passkey: Passkey; recovery_codes: string[] | null };
export type Fresh = { fresh_until: string };

export type AccountChange = {
  display_name?: string;
  email?: string;
  theme?: Theme;
  time_zone?: string;
};
export type SsoLink = { provider_id: string; name: string; subject: string; linked_at: string };
export type SsoStart = { purpose: 'link' | 'step_up' | 'login'; return_to: string };

export type MySession = {
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
export type MyToken = {
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
export type NewToken = {
  name: string;
  role: Role;
  read_only: boolean;
  group_ids: string[] | null;
  expires_in_days: number;
};

type List<T> = { items: T[]; total: number };
type ById = { path: { id: string } };

export interface IdentityOperations {
  login: { body: { username: string; password: string }; ok: SignIn };
  refreshSession: { ok: Session };
  changePassword: { body: { current_password: string; new_password: string }; ok: Session };
  me: { ok: User };
  updateMe: { body: AccountChange; ok: User };
  signInMethods: { ok: SignInMethods };
  loginTotp: { body: { challenge: string; code: string }; ok: Session };
  loginRecoveryCode: { body: { challenge: string; code: string }; ok: Session };
  passkeySignInOptions: { body: { challenge?: string }; ok: Ceremony };
  passkeySignIn: { body: CeremonyAnswer; ok: Session };
  stepUpTotp: { body: { code: string }; ok: Fresh };
  stepUpPasskeyOptions: { ok: Ceremony };
  stepUpPasskey: { body: CeremonyAnswer; ok: Fresh };
  startSso: ById & { body: SsoStart; ok: { authorize_url: string } };
  mySsoLinks: { ok: List<SsoLink> };
  unlinkSso: { path: { provider_id: string }; ok: undefined };
  getMfa: { ok: Mfa };
  beginTotp: { ok: TotpSetup };
  confirmTotp: { body: { code: string }; ok: TotpConfirmed };
  removeTotp: { ok: undefined };
  passkeyRegisterOptions: { ok: Ceremony };
  registerPasskey: { body: CeremonyAnswer & { name: string }; ok: PasskeyRegistered };
  renamePasskey: ById & { body: { name: string }; ok: Passkey };
  removePasskey: ById & { ok: undefined };
  renewRecoveryCodes: { ok: { recovery_codes: string[] } };
  mySessions: { ok: List<MySession> };
  endMySession: ById & { ok: undefined };
  endMyOtherSessions: { ok: { ended: number } };
  myTokens: { ok: List<MyToken> };
  createToken: { body: NewToken; ok: MyToken & { token: string } };
  revokeToken: ById & { ok: undefined };
}

export const identityRoutes = {
  login: ['POST', '/api/v1/auth/login'],
  refreshSession: ['POST', '/api/v1/auth/refresh'],
  changePassword: ['POST', '/api/v1/auth/password'],
  me: ['GET', '/api/v1/auth/me'],
  updateMe: ['PATCH', '/api/v1/auth/me'],
  signInMethods: ['GET', '/api/v1/auth/methods'],
  loginTotp: ['POST', '/api/v1/auth/login/totp'],
  loginRecoveryCode: ['POST', '/api/v1/auth/login/recovery-code'],
  passkeySignInOptions: ['POST', '/api/v1/auth/login/passkey/options'],
  passkeySignIn: ['POST', '/api/v1/auth/login/passkey'],
  stepUpTotp: ['POST', '/api/v1/auth/step-up/totp'],
  stepUpPasskeyOptions: ['POST', '/api/v1/auth/step-up/passkey/options'],
  stepUpPasskey: ['POST', '/api/v1/auth/step-up/passkey'],
  startSso: ['POST', '/api/v1/auth/sso/{id}/start'],
  mySsoLinks: ['GET', '/api/v1/auth/sso/links'],
  unlinkSso: ['DELETE', '/api/v1/auth/sso/links/{provider_id}'],
  getMfa: ['GET', '/api/v1/auth/mfa'],
  beginTotp: ['POST', '/api/v1/auth/mfa/totp'],
  confirmTotp: ['POST', '/api/v1/auth/mfa/totp/confirm'],
  removeTotp: ['DELETE', '/api/v1/auth/mfa/totp'],
  passkeyRegisterOptions: ['POST', '/api/v1/auth/mfa/passkeys/options'],
  registerPasskey: ['POST', '/api/v1/auth/mfa/passkeys'],
  renamePasskey: ['PATCH', '/api/v1/auth/mfa/passkeys/{id}'],
  removePasskey: ['DELETE', '/api/v1/auth/mfa/passkeys/{id}'],
  renewRecoveryCodes: ['POST', '/api/v1/auth/mfa/recovery-codes'],
  mySessions: ['GET', '/api/v1/auth/sessions'],
  endMySession: ['DELETE', '/api/v1/auth/sessions/{id}'],
  endMyOtherSessions: ['POST', '/api/v1/auth/sessions/end-others'],
  myTokens: ['GET', '/api/v1/auth/tokens'],
  createToken: ['POST', '/api/v1/auth/tokens'],
  revokeToken: ['DELETE', '/api/v1/auth/tokens/{id}'],
} as const;
