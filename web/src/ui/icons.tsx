import { createSvgIcon } from '@mui/material/utils';
import type { ComponentType } from 'react';
import type { Shape } from '../lib/status';

/** Line icons on a 24 px grid, drawn here: no icon package. */
const stroke = (d: string, name: string) =>
  createSvgIcon(
    <path
      d={d}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    />,
    name,
  );
const solid = (d: string, name: string) =>
  createSvgIcon(<path d={d} fill="currentColor" fillRule="evenodd" />, name);

export const DashboardIcon = stroke(
  'M4 4h7v9H4zM13 4h7v5h-7zM13 12h7v8h-7zM4 16h7v4H4z',
  'Dashboard',
);
export const HostsIcon = stroke(
  'M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M11 8h6M11 16h6',
  'Hosts',
);
export const EnrollmentIcon = stroke('M12 4v10M7.5 9.5 12 14l4.5-4.5M4 15v5h16v-5', 'Enrollment');
/** Rings around a place: somebody listens. */
export const DiscoveryIcon = stroke(
  'M12 11v.01M8.500 14.500a5 5 0 0 1 0-7M15.500 7.500a5 5 0 0 1 0 7M5.500 17.500a9.200 9.200 0 0 1 0-13M18.500 4.500a9.200 9.200 0 0 1 0 13M12 14v6',
  'Discovery',
);
export const DeployIcon = stroke('M12 20V9M7 13.5 12 8.5l5 5M5 4h14', 'Deploy');
export const JobsIcon = stroke(
  'M9 6h11M9 12h11M9 18h11M4 6l1 1 1.8-2M4 12l1 1 1.8-2M4 18l1 1 1.8-2',
  'Jobs',
);
export const SearchIcon = stroke(
  'M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20 20',
  'Search',
);
export const MenuIcon = stroke('M4 7h16M4 12h16M4 17h16', 'Menu');
export const RefreshIcon = stroke(
  'M20 5v5h-5M4 19v-5h5M19.2 10A7.5 7.5 0 0 0 6 6.7L4.5 8.5M4.8 14A7.5 7.5 0 0 0 18 17.3l1.5-1.8',
  'Refresh',
);
export const CopyIcon = stroke('M8 8h11v12H8zM5 16V4h11', 'Copy');
export const DownloadIcon = stroke('M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14', 'Download');
export const CloseIcon = stroke('M6 6l12 12M18 6 6 18', 'Close');
export const ColumnsIcon = stroke('M4 5h16v14H4zM9.5 5v14M14.5 5v14', 'Columns');
export const UserIcon = stroke(
  'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5',
  'User',
);
export const GroupsIcon = stroke(
  'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 16.500h7M16.500 13v7',
  'Groups',
);
export const UsersIcon = stroke(
  'M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.500 19.500c.7-3 3.3-4.500 6.500-4.500s5.800 1.500 6.500 4.500M16 5.500a3.300 3.300 0 0 1 0 6M18 15.300c1.800.7 3 2.200 3.500 4.200',
  'Users',
);
export const AuditIcon = stroke('M6 3h9l4 4v14H6zM14.500 3v4.500H19M9 12h7M9 16h7', 'Audit');
export const SettingsIcon = stroke(
  'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.800a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400zM9 14.800a2.200 2.200 0 1 1 0 4.400 2.200 2.200 0 0 1 0-4.400z',
  'Settings',
);
export const RebootIcon = stroke('M12 3v8M7 5.800a8 8 0 1 0 10 0', 'Reboot');
export const RollbackIcon = stroke('M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-2', 'Rollback');
export const TrashIcon = stroke('M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5', 'Remove');
export const ChevronIcon = stroke('M9 5l7 7-7 7', 'Chevron');
export const PlusIcon = stroke('M12 5v14M5 12h14', 'Add');
export const LockIcon = stroke('M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3', 'Lock');
export const ShieldIcon = stroke('M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6z', 'Security');
export const BoxIcon = stroke('M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8', 'Package');
export const KeyIcon = stroke(
  'M8 9a4.5 4.5 0 1 1 0 9 4.500 4.500 0 0 1 0-9zM11.2 10.300 20 3M16 6.500l3 3.500',
  'Key',
);
export const PulseIcon = stroke('M3 12h4l3-7 4 14 3-7h4', 'Activity');

const shapes: Record<Shape, ComponentType<{ fontSize?: 'inherit' | 'small' }>> = {
  check: stroke('M5 12.5 10 17.5 19.5 7', 'Check'),
  cross: stroke('M6.5 6.500l11 11M17.5 6.500l-11 11', 'Cross'),
  warning: stroke('M12 4 21 20H3zM12 10v4.500M12 17.300v.01', 'Warning'),
  octagon: solid(
    'M8.3 3h7.400L21 8.300v7.400L15.7 21H8.300L3 15.700V8.300zM11 7v6.500h2V7zm0 8v2.200h2V15z',
    'Octagon',
  ),
  triangle: solid('M12 3.5 22 20.500H2z', 'Triangle'),
  diamond: solid('M12 3 21 12 12 21 3 12z', 'Diamond'),
  down: solid('M3.5 6h17L12 20.500z', 'Down'),
  question: stroke('M8.5 9a3.5 3.5 0 1 1 5 3.200c-1 .5-1.5 1.2-1.5 2.300M12 18v.01', 'Question'),
  play: solid('M7 4.5 19.5 12 7 19.500z', 'Play'),
  clock: stroke('M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.500l3 2', 'Clock'),
  stop: solid('M6 6h12v12H6z', 'Stop'),
  half: solid('M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zm0 2v14a7 7 0 0 0 0-14z', 'Half'),
  link_off: stroke('M9 15H7.500a4 4 0 0 1 0-8H9M15 9h1.500a4 4 0 0 1 2.5 7M4 4l16 16', 'LinkOff'),
};

export function ShapeIcon(props: { shape: Shape }) {
  const Icon = shapes[props.shape];
  return <Icon fontSize="inherit" />;
}
