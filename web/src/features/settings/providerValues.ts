import type { Provider, ProviderInput } from '../../api/types';
import { z } from '../../lib/schema';

/** As the manager sees it: plain http only to its own machine. */
const mayBeIssuer = (text: string) =>
  /^https:\/\/.+/.test(text) ||
  /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?(\/|$)/.test(text);

/** What is obvious is said here at once; the manager knows the rest and answers by field. */
export const providerForm = z
  .object({
    name: z.string().trim().min(1, 'Enter a name: it is the button on the sign-in page.').max(100),
    kind: z.enum(['oidc', 'azure']),
    issuer: z.string().trim(),
    tenant_id: z.string().trim(),
    client_id: z.string().trim().min(1, 'Enter what the provider calls this application.'),
    client_secret: z.string(),
    scopes: z.string(),
    role_claim: z.string().trim(),
    groups_claim: z.string().trim(),
    default_role: z.enum(['', 'admin', 'operator', 'auditor']),
    mappings: z.array(
      z.object({
        claim_value: z.string().trim().min(1, 'Enter a value.'),
        role: z.enum(['', 'admin', 'operator', 'auditor']),
        group_ids: z.array(z.string()),
      }),
    ),
    create_users: z.boolean(),
    accept_mfa: z.boolean(),
    mfa_values: z.string(),
  })
  .refine((v) => v.kind !== 'oidc' || mayBeIssuer(v.issuer), {
    path: ['issuer'],
    message:
      'Enter an address that begins with https://. (http:// is for a provider on the machine of the manager.)',
  })
  .refine((v) => v.kind !== 'azure' || v.tenant_id !== '', {
    path: ['tenant_id'],
    message: 'Enter the directory (tenant) id.',
  });
export type ProviderFormValues = z.infer<typeof providerForm>;

const empty: ProviderFormValues = {
  name: '',
  kind: 'oidc',
  issuer: '',
  tenant_id: '',
  client_id: '',
  client_secret: '',
  scopes: 'openid profile email',
  role_claim: '',
  groups_claim: 'groups',
  default_role: '',
  mappings: [],
  create_users: false,
  accept_mfa: false,
  mfa_values: 'mfa',
};

export function fieldsOf(provider: Provider | undefined): ProviderFormValues {
  if (!provider) return empty;
  const { name, kind, issuer, tenant_id, client_id, role_claim, groups_claim } = provider;
  const { default_role, mappings, create_users, accept_mfa } = provider;
  return {
    ...{ name, kind, issuer, tenant_id, client_id, role_claim, groups_claim },
    ...{ default_role, mappings, create_users, accept_mfa },
    client_secret: '',
    scopes: provider.scopes.join(' '),
    mfa_values: provider.mfa_values.join(' '),
  };
}

const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** The secret is sent only when a new one was typed: an empty one would remove it. */
export function inputOf(form: ProviderFormValues, before: Provider | undefined): ProviderInput {
  const { client_secret, ...rest } = form;
  return {
    ...rest,
    enabled: before?.enabled ?? false,
    issuer: form.kind === 'oidc' ? form.issuer : '',
    tenant_id: form.kind === 'azure' ? form.tenant_id : '',
    scopes: words(form.scopes),
    mfa_values: words(form.mfa_values),
    ...(client_secret ? { client_secret } : {}),
  };
}

/** "mappings[1].claim_value" of a refusal as "mappings.1.claim_value" of a form. */
export const formPath = (field: string) => field.replace(/\[(\d+)\]/g, '.$1');
