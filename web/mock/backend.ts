import { accountRoutes } from './account';
import { json, type Route, refuse, state } from './answers';
import { auditRoutes } from './audit';
import { careRoutes } from './care';
import { discoveryRoutes } from './discovery';
import { enrollmentRoutes } from './enrollments';
import { factorRoutes } from './factors';
import { fleetRoutes } from './fleet';
import { groupRoutes } from './groups';
import { facetRoutes } from './hostFacets';
import { hostRoutes } from './hostRoutes';
import { ago } from './hosts';
import { viewRoutes } from './hostViews';
import { jobRoutes } from './jobRoutes';
import { planRoutes } from './plans';
import { settingsRoutes } from './settings';
import { signInRoutes } from './signIn';
import { ssoRoutes } from './sso';
import { userRoutes } from './users';

/** Answers of a manager that exists in this page only; each subject has its file. */
export { state } from './answers';

const routes: Route[] = [
  ...signInRoutes,
  ...factorRoutes,
  ...accountRoutes,
  ...groupRoutes,
  ...userRoutes,
  ...settingsRoutes,
  ...ssoRoutes,
  ...auditRoutes,
  ...fleetRoutes,
  ...careRoutes,
  ...facetRoutes,
  ...viewRoutes,
  ...hostRoutes,
  ...discoveryRoutes,
  ...enrollmentRoutes,
  ...planRoutes,
  ...jobRoutes,
  ['POST', /^\/ws\/ticket$/, () => json({ ticket: 'made-up', expires_at: ago(-60) }, 201)],
];

/** Answers one call of the client. */
export async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/^\/api\/v1/, '');
  if (state.failing && path.startsWith(state.failing))
    return refuse(503, 'database_down', 'The database does not answer.');
  const text = request.method === 'GET' ? '' : await request.text();
  for (const [method, pattern, handler] of routes) {
    const match = method === request.method && path.match(pattern);
    if (match)
      return handler(match, { query: url.searchParams, body: text ? JSON.parse(text) : {} });
  }
  return refuse(404, 'not_found', `No ${request.method} ${path}`);
}
