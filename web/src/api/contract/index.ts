import { type IdentityOperations, identityRoutes } from './identity';

/** Operations that are agreed on and whose pages are built before the document has them. */
export interface AgreedOperations extends IdentityOperations {}

export const agreedRoutes = {
  ...identityRoutes,
} as const;
