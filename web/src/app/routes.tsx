import type { QueryClient } from '@tanstack/react-query';
import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import { Gate, PasswordRoute, SignInRoute } from './Gate';
import { PageError } from './PageError';
import { Shell } from './Shell';

/** Every page is loaded when it is first opened. */
const page = (load: () => Promise<{ default: ComponentType }>) => ({
  lazy: async () => ({ Component: (await load()).default }),
});

const pages: RouteObject[] = [
  { index: true, ...page(() => import('../features/dashboard/DashboardPage')) },
  { path: 'hosts', ...page(() => import('../features/hosts/HostsPage')) },
  { path: 'hosts/:id/:tab?', ...page(() => import('../features/hosts/HostPage')) },
  { path: 'groups', ...page(() => import('../features/groups/GroupsPage')) },
  { path: 'groups/:id/:tab?', ...page(() => import('../features/groups/GroupPage')) },
  { path: 'enrollment', ...page(() => import('../features/enrollment/EnrollmentPage')) },
  { path: 'deploy', ...page(() => import('../features/deploy/DeployPage')) },
  { path: 'jobs', ...page(() => import('../features/jobs/JobsPage')) },
  { path: 'jobs/:id', ...page(() => import('../features/jobs/JobPage')) },
  { path: 'users', ...page(() => import('../features/users/UsersPage')) },
  { path: 'users/:id', ...page(() => import('../features/users/UserPage')) },
  { path: 'audit', ...page(() => import('../features/audit/AuditPage')) },
  { path: 'settings/:section?', ...page(() => import('../features/settings/SettingsPage')) },
  { path: '*', ...page(() => import('./NotFoundPage')) },
];

export function makeRouter(client: QueryClient) {
  return createBrowserRouter([
    {
      element: <Gate client={client} />,
      errorElement: <PageError />,
      HydrateFallback: () => null,
      children: [
        { path: 'sign-in', element: <SignInRoute /> },
        { path: 'password', element: <PasswordRoute /> },
        {
          element: <Shell client={client} />,
          children: [{ errorElement: <PageError />, children: pages }],
        },
      ],
    },
  ]);
}
