import { type IdentityOperations, identityRoutes } from './identity';
import { type SsoOperations, ssoRoutes } from './sso';

/** Operations that are agreed on and whose pages are built before the document has them. */
export interface AgreedOperations extends IdentityOperations, SsoOperations {}

export const agreedRoutes = {
  ...identityRoutes,
  ...ssoRoutes,
} as const;
