import type { Passkey, Session } from '../generated/api.gen';

/** Passkeys, and accounts at providers of single sign-on. */
export type SignInMethods = {
  password: boolean;
  passkey: boolean;
  providers: { id: string; name: string }[];
};

/** Options of the browser's WebAuthn call; only @simplewebauthn/browser looks into them. */
export type Ceremony = { ceremony: string; options: Record<string, unknown> };
export type CeremonyAnswer = { ceremony: string; credential: object };
export type PasskeyRegistered = { passkey: Passkey; recovery_codes: string[] | null };

export type SsoLink = { provider_id: string; name: string; subject: string; linked_at: string };
export type SsoStart = { purpose: 'link' | 'step_up'; return_to: string };

type ById = { path: { id: string } };

export interface IdentityOperations {
  signInMethods: { ok: SignInMethods };
  passkeySignInOptions: { body: { challenge?: string }; ok: Ceremony };
  passkeySignIn: { body: CeremonyAnswer; ok: Session };
  stepUpPasskeyOptions: { ok: Ceremony };
  stepUpPasskey: { body: CeremonyAnswer; ok: { fresh_until: string } };
  startSso: ById & { body: SsoStart; ok: { authorize_url: string } };
  mySsoLinks: { ok: { items: SsoLink[]; total: number } };
  unlinkSso: { path: { provider_id: string }; ok: undefined };
  passkeyRegisterOptions: { ok: Ceremony };
  registerPasskey: { body: CeremonyAnswer & { name: string }; ok: PasskeyRegistered };
  renamePasskey: ById & { body: { name: string }; ok: unknown };
  removePasskey: ById & { ok: undefined };
}

export const identityRoutes = {
  signInMethods: ['GET', '/api/v1/auth/methods'],
  passkeySignInOptions: ['POST', '/api/v1/auth/login/passkey/options'],
  passkeySignIn: ['POST', '/api/v1/auth/login/passkey'],
  stepUpPasskeyOptions: ['POST', '/api/v1/auth/step-up/passkey/options'],
  stepUpPasskey: ['POST', '/api/v1/auth/step-up/passkey'],
  startSso: ['POST', '/api/v1/auth/sso/{id}/start'],
  mySsoLinks: ['GET', '/api/v1/auth/sso/links'],
  unlinkSso: ['DELETE', '/api/v1/auth/sso/links/{provider_id}'],
  passkeyRegisterOptions: ['POST', '/api/v1/auth/mfa/passkeys/options'],
  registerPasskey: ['POST', '/api/v1/auth/mfa/passkeys'],
  renamePasskey: ['PATCH', '/api/v1/auth/mfa/passkeys/{id}'],
  removePasskey: ['DELETE', '/api/v1/auth/mfa/passkeys/{id}'],
} as const;
