import { type IdentityOperations, identityRoutes } from './identity';
import { type SsoOperations, ssoRoutes } from './sso';
import { type UserOperations, userRoutes } from './users';

/** Operations that are agreed on and whose pages are built before the document has them. */
export interface AgreedOperations extends IdentityOperations, UserOperations, SsoOperations {}

export const agreedRoutes = {
  ...identityRoutes,
  ...userRoutes,
  ...ssoRoutes,
} as const;
