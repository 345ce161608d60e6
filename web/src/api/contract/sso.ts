import type { User } from '../generated/api.gen';

type Role = User['role'];

/** Providers of single sign-on and the test of their set-up. */
export type ProviderMapping = { claim_value: string; role: Role | ''; group_ids: string[] };
export type ProviderFields = {
  name: string;
  kind: 'oidc' | 'azure';
  issuer: string;
  tenant_id: string;
  client_id: string;
  scopes: string[];
  enabled: boolean;
  role_claim: string;
  groups_claim: string;
  default_role: Role | '';
  mappings: ProviderMapping[];
  create_users: boolean;
  accept_mfa: boolean;
  mfa_values: string[];
};
export type Provider = ProviderFields & { id: string; has_secret: boolean; redirect_uri: string };
/** The secret is only ever sent; left out it stays as it is. */
export type ProviderInput = ProviderFields & { client_secret?: string };
export type SsoTestStep = {
  name: string;
  state: 'ok' | 'failed' | 'pending';
  detail: string;
};
export type SsoTest = {
  id: string;
  state: 'waiting' | 'succeeded' | 'failed';
  steps: SsoTestStep[];
};
type ById = { path: { id: string } };

export interface SsoOperations {
  listProviders: { ok: { items: Provider[]; total: number } };
  createProvider: { body: ProviderInput; ok: Provider };
  getProvider: ById & { ok: Provider };
  updateProvider: ById & { body: Partial<ProviderInput>; ok: Provider };
  deleteProvider: ById & { ok: undefined };
  testProvider: ById & { ok: { id: string; authorize_url: string } };
  getSsoTest: ById & { ok: SsoTest };
}

export const ssoRoutes = {
  listProviders: ['GET', '/api/v1/sso/providers'],
  createProvider: ['POST', '/api/v1/sso/providers'],
  getProvider: ['GET', '/api/v1/sso/providers/{id}'],
  updateProvider: ['PATCH', '/api/v1/sso/providers/{id}'],
  deleteProvider: ['DELETE', '/api/v1/sso/providers/{id}'],
  testProvider: ['POST', '/api/v1/sso/providers/{id}/test'],
  getSsoTest: ['GET', '/api/v1/sso/tests/{id}'],
} as const;
