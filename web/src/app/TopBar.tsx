import { paths, withQuery } from '../lib/paths';
import { count } from '../lib/words';
import { MenuIcon, SearchIcon } from '../ui/icons';
import { LinkButton } from '../ui/LinkButton';
import { Box, Button, IconButton } from '../ui/mui';
import { line, raised, toneText } from '../ui/tones';
import { Breadcrumbs } from './Breadcrumbs';
import { LiveDot } from './LiveDot';
import { UserMenu } from './UserMenu';

export function TopBar(props: {
  onMenu: () => void;
  onSearch: () => void;
  onShortcuts: () => void;
  running: number;
}) {
  return (
    <Box
      component="header"
      sx={{
        height: 52,
        display: 'flex',
        alignItems: 'center',
        gap: 1.5,
        px: { xs: 1, md: 2 },
        borderBottom: `1px solid ${line}`,
        bgcolor: 'background.paper',
        position: 'sticky',
        top: 0,
        zIndex: 10,
      }}
    >
      <IconButton size="small" aria-label="Toggle the menu" onClick={props.onMenu}>
        <MenuIcon fontSize="small" />
      </IconButton>
      <Breadcrumbs />
      <Button
        onClick={props.onSearch}
        startIcon={<SearchIcon />}
        sx={{
          ml: 'auto',
          color: 'text.secondary',
          background: raised,
          border: `1px solid ${line}`,
          justifyContent: 'flex-start',
          width: { xs: 'auto', md: 260 },
        }}
      >
        <Box component="span" sx={{ flex: 1, textAlign: 'left', fontSize: { xs: 0, md: 13 } }}>
          Search hosts, jobs, pages
        </Box>
        <Box
          component="kbd"
          sx={{ fontSize: 11, fontFamily: 'inherit', display: { xs: 'none', md: 'block' } }}
        >
          Ctrl K
        </Box>
      </Button>
      {props.running > 0 && (
        <LinkButton
          to={withQuery(paths.jobs, { state: 'running' })}
          sx={{ color: toneText('running') }}
        >
          {count(props.running, 'job')} running
        </LinkButton>
      )}
      <LiveDot />
      <UserMenu onShortcuts={props.onShortcuts} />
    </Box>
  );
}
