/** Every address of the interface. A snapshot test keeps shared links alive. */
export const paths = {
  signIn: '/sign-in',
  password: '/profile/password',
  ssoDone: '/sso-done',
  profile: (tab = '') => (tab ? `/profile/${tab}` : '/profile'),
  dashboard: '/',
  hosts: '/hosts',
  host: (id: string, tab = '') => (tab ? `/hosts/${id}/${tab}` : `/hosts/${id}`),
  groups: '/groups',
  group: (id: string, tab = '') => (tab ? `/groups/${id}/${tab}` : `/groups/${id}`),
  discovery: '/discovery',
  scan: (id: string) => `/discovery/${id}`,
  enrollment: '/enrollment',
  addHost: '/enrollment?add=1',
  deploy: '/deploy',
  jobs: '/jobs',
  job: (id: string, host = '') => (host ? `/jobs/${id}?host=${host}` : `/jobs/${id}`),
  users: '/users',
  user: (id: string) => `/users/${id}`,
  audit: '/audit',
  settings: (section = '') => (section ? `/settings/${section}` : '/settings'),
};

/** `path` with the given query; empty values are left out. */
export function withQuery(
  path: string,
  query: Record<string, string | number | boolean | undefined>,
) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return search.size > 0 ? `${path}?${search}` : path;
}

/** Where to deploy to: single hosts, or all that a filter of the hosts page matches. */
export function deployTo(hosts: string[] | { filter: string }): string {
  if (Array.isArray(hosts)) return withQuery(paths.deploy, { hosts: hosts.join(',') });
  return withQuery(paths.deploy, { all: hosts.filter || 'name' });
}

/**
 * The page to return to after signing in, or the dashboard. Only a path of this
 * site is followed: "//evil.example" and "/\evil.example" are other sites.
 */
export function safeReturnPath(wanted: string | null): string {
  if (!wanted || !/^\/(?![/\\])/.test(wanted)) return paths.dashboard;
  const base = 'https://same.invalid';
  try {
    const url = new URL(wanted, base);
    if (url.origin !== base || url.pathname === paths.signIn) return paths.dashboard;
    return url.pathname + url.search + url.hash;
  } catch {
    return paths.dashboard;
  }
}
