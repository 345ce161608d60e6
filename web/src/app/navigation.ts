import type { ComponentType } from 'react';
import { paths } from '../lib/paths';
import { DashboardIcon, DeployIcon, EnrollmentIcon, HostsIcon, JobsIcon } from '../ui/icons';

export type NavItem = {
  name: string;
  to: string;
  icon: ComponentType<{ fontSize?: 'small' }>;
  keys: string;
  badge?: 'enrollments' | 'jobs';
};

/** The sidebar, the search and the shortcuts all read this list. */
export const navigation: { group: string; items: NavItem[] }[] = [
  {
    group: 'Overview',
    items: [{ name: 'Dashboard', to: paths.dashboard, icon: DashboardIcon, keys: 'g d' }],
  },
  {
    group: 'Fleet',
    items: [
      { name: 'Hosts', to: paths.hosts, icon: HostsIcon, keys: 'g h' },
      {
        name: 'Enrollment',
        to: paths.enrollment,
        icon: EnrollmentIcon,
        keys: 'g e',
        badge: 'enrollments',
      },
    ],
  },
  {
    group: 'Operations',
    items: [
      { name: 'Deploy', to: paths.deploy, icon: DeployIcon, keys: 'g p' },
      { name: 'Jobs', to: paths.jobs, icon: JobsIcon, keys: 'g j', badge: 'jobs' },
    ],
  },
];

export const allPages = navigation.flatMap((section) => section.items);

/** Whether `to` is where the address leads, or above it. */
export function isHere(to: string, pathname: string): boolean {
  return to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
}
