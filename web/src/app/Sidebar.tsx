import { useLocation } from 'react-router';
import { useSession } from '../api/session';
import { Link } from '../ui/Link';
import { Logo } from '../ui/Logo';
import { Box, Tooltip } from '../ui/mui';
import { NavLinkBox } from '../ui/NavLinkBox';
import { line } from '../ui/tones';
import { isHere, type NavItem, navigationOf } from './navigation';

type Props = { icons: boolean; enrollments: number; jobs: number; onNavigate: () => void };

export function Sidebar(props: Props) {
  const { pathname } = useLocation();
  const { user } = useSession();
  const badgeOf = (item: NavItem) =>
    item.badge === 'enrollments' ? props.enrollments : item.badge === 'jobs' ? props.jobs : 0;
  return (
    <Box
      component="nav"
      aria-label="Main"
      onClick={props.onNavigate}
      sx={{
        width: props.icons ? 56 : 240,
        flexShrink: 0,
        borderRight: `1px solid ${line}`,
        bgcolor: 'background.paper',
        height: '100vh',
        position: 'sticky',
        top: 0,
        overflowY: 'auto',
      }}
    >
      <Box sx={{ height: 52, display: 'flex', alignItems: 'center', px: 2 }}>
        <Link to="/" quiet label="Patch Manager, dashboard">
          <Logo small={props.icons} />
        </Link>
      </Box>
      {navigationOf(user).map((section) => (
        <Box key={section.group} sx={{ px: 1, pb: 1.5 }}>
          {!props.icons && (
            <Box sx={{ px: 1, py: 0.5, fontSize: 12, color: 'text.secondary' }}>
              {section.group}
            </Box>
          )}
          {section.items.map((item) => (
            <Tooltip key={item.to} title={props.icons ? item.name : ''} placement="right">
              <span>
                <NavLinkBox
                  to={item.to}
                  current={isHere(item.to, pathname)}
                  icon={<item.icon fontSize="small" />}
                  name={item.name}
                  iconOnly={props.icons}
                  badge={badgeOf(item)}
                />
              </span>
            </Tooltip>
          ))}
        </Box>
      ))}
    </Box>
  );
}
