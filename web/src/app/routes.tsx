import type { QueryClient } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import type { Permission } from '../lib/can';
import { paths } from '../lib/paths';
import { Allowed } from './Allowed';
import { retried } from './chunks';
import { Gate, SignInRoute } from './Gate';
import { PageError } from './PageError';
import { Shell } from './Shell';

/** Every page is loaded when it is first opened; some are for some roles only. */
const page = (load: () => Promise<{ default: ComponentType }>, needs?: Permission) => ({
  lazy: async () => {
    const Page = (await retried(load)()).default;
    if (!needs) return { Component: Page };
    return {
      Component: () => (
        <Allowed needs={needs}>
          <Page />
        </Allowed>
      ),
    };
  },
});

const pages: RouteObject[] = [
  { index: true, ...page(() => import('../features/dashboard/DashboardPage')) },
  { path: 'hosts', ...page(() => import('../features/hosts/HostsPage')) },
  { path: 'hosts/:id/:tab?', ...page(() => import('../features/hosts/HostPage')) },
  { path: 'groups', ...page(() => import('../features/groups/GroupsPage')) },
  { path: 'groups/:id/:tab?', ...page(() => import('../features/groups/GroupPage')) },
  {
    path: 'discovery',
    ...page(() => import('../features/discovery/DiscoveryPage'), 'discovery.read'),
  },
  {
    path: 'discovery/:id',
    ...page(() => import('../features/discovery/ScanPage'), 'discovery.read'),
  },
  {
    path: 'enrollment',
    ...page(() => import('../features/enrollment/EnrollmentPage'), 'enrollment.read'),
  },
  { path: 'deploy', ...page(() => import('../features/deploy/DeployPage'), 'fleet.operate') },
  { path: 'jobs', ...page(() => import('../features/jobs/JobsPage')) },
  { path: 'jobs/:id', ...page(() => import('../features/jobs/JobPage')) },
  { path: 'users', ...page(() => import('../features/users/UsersPage'), 'users.read') },
  { path: 'users/:id', ...page(() => import('../features/users/UserPage'), 'users.read') },
  { path: 'audit', ...page(() => import('../features/audit/AuditPage'), 'audit.read') },
  {
    path: 'settings/:section?',
    ...page(() => import('../features/settings/SettingsPage'), 'settings.read'),
  },
  { path: 'profile/:tab?', ...page(() => import('../features/auth/profile/ProfilePage')) },
  { path: '*', ...page(() => import('./NotFoundPage')) },
];

export function makeRouter(client: QueryClient) {
  return createBrowserRouter([
    {
      path: 'sso-done',
      errorElement: <PageError />,
      HydrateFallback: () => null,
      ...page(() => import('../features/auth/stepup/SsoDonePage')),
    },
    {
      element: <Gate client={client} />,
      errorElement: <PageError />,
      HydrateFallback: () => null,
      children: [
        { path: 'sign-in', element: <SignInRoute /> },
        { path: 'password', element: <Navigate to={paths.password} replace /> },
        {
          element: <Shell client={client} />,
          children: [{ errorElement: <PageError />, children: pages }],
        },
      ],
    },
  ]);
}
