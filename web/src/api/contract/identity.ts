/** Accounts at providers of single sign-on. */
export type SignInMethods = {
  password: boolean;
  passkey: boolean;
  providers: { id: string; name: string }[];
};
export type SsoLink = { provider_id: string; name: string; subject: string; linked_at: string };
export type SsoStart = { purpose: 'link' | 'step_up'; return_to: string };

export interface IdentityOperations {
  signInMethods: { ok: SignInMethods };
  startSso: { path: { id: string }; body: SsoStart; ok: { authorize_url: string } };
  mySsoLinks: { ok: { items: SsoLink[]; total: number } };
  unlinkSso: { path: { provider_id: string }; ok: undefined };
}

export const identityRoutes = {
  signInMethods: ['GET', '/api/v1/auth/methods'],
  startSso: ['POST', '/api/v1/auth/sso/{id}/start'],
  mySsoLinks: ['GET', '/api/v1/auth/sso/links'],
  unlinkSso: ['DELETE', '/api/v1/auth/sso/links/{provider_id}'],
} as const;
