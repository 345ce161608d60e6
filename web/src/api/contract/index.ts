import { type AuditOperations, auditRoutes } from './audit';
import { type IdentityOperations, identityRoutes } from './identity';
import { type SettingsOperations, settingsRoutes } from './settings';
import { type SsoOperations, ssoRoutes } from './sso';
import { type UserOperations, userRoutes } from './users';

/** Operations that are agreed on and whose pages are built before the document has them. */
export interface AgreedOperations
  extends IdentityOperations,
    UserOperations,
    SettingsOperations,
    SsoOperations,
    AuditOperations {}

export const agreedRoutes = {
  ...identityRoutes,
  ...userRoutes,
  ...settingsRoutes,
  ...ssoRoutes,
  ...auditRoutes,
} as const;
