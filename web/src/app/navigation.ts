import type { ComponentType } from 'react';
import { can, type Permission } from '../lib/can';
import { paths } from '../lib/paths';
import {
  AuditIcon,
  DashboardIcon,
  DeployIcon,
  DiscoveryIcon,
  EnrollmentIcon,
  GroupsIcon,
  HostsIcon,
  JobsIcon,
  SettingsIcon,
  UserIcon,
  UsersIcon,
} from '../ui/icons';

export type NavItem = {
  name: string;
  to: string;
  icon: ComponentType<{ fontSize?: 'small' }>;
  keys: string;
  badge?: 'enrollments' | 'jobs';
  /** Whoever may not is not shown the page. */
  needs?: Permission;
};

/** The sidebar, the search, the shortcuts and the guard of the pages all read this list. */
export const navigation: { group: string; items: NavItem[] }[] = [
  {
    group: 'Overview',
    items: [{ name: 'Dashboard', to: paths.dashboard, icon: DashboardIcon, keys: 'g d' }],
  },
  {
    group: 'Fleet',
    items: [
      { name: 'Hosts', to: paths.hosts, icon: HostsIcon, keys: 'g h' },
      { name: 'Groups', to: paths.groups, icon: GroupsIcon, keys: 'g r' },
      {
        name: 'Discovery',
        to: paths.discovery,
        icon: DiscoveryIcon,
        keys: 'g n',
        needs: 'discovery.read',
      },
      {
        name: 'Enrollment',
        to: paths.enrollment,
        icon: EnrollmentIcon,
        keys: 'g e',
        badge: 'enrollments',
        needs: 'enrollment.read',
      },
    ],
  },
  {
    group: 'Operations',
    items: [
      {
        name: 'Deploy',
        to: paths.deploy,
        icon: DeployIcon,
        keys: 'g p',
        needs: 'fleet.operate',
      },
      { name: 'Jobs', to: paths.jobs, icon: JobsIcon, keys: 'g j', badge: 'jobs' },
    ],
  },
  {
    group: 'Administration',
    items: [
      { name: 'Users', to: paths.users, icon: UsersIcon, keys: 'g u', needs: 'users.read' },
      { name: 'Audit', to: paths.audit, icon: AuditIcon, keys: 'g a', needs: 'audit.read' },
      {
        name: 'Settings',
        to: paths.settings(),
        icon: SettingsIcon,
        keys: 'g s',
        needs: 'settings.read',
      },
    ],
  },
];

/** Pages that are reached another way: found by the search, named in the breadcrumbs. */
const unlisted: NavItem[] = [{ name: 'Profile', to: paths.profile(), icon: UserIcon, keys: 'g i' }];

export const allPages = [...navigation.flatMap((section) => section.items), ...unlisted];

type Person = { role: string } | null;

/** The groups and pages that this person may open; a group without one is left out. */
export function navigationOf(person: Person) {
  return navigation
    .map((section) => ({
      ...section,
      items: section.items.filter((item) => !item.needs || can(person, item.needs)),
    }))
    .filter((section) => section.items.length > 0);
}

export const pagesOf = (person: Person) => [
  ...navigationOf(person).flatMap((section) => section.items),
  ...unlisted,
];

/** Whether `to` is where the address leads, or above it. */
export function isHere(to: string, pathname: string): boolean {
  return to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
}
