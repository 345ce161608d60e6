import { type QueryClient, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Outlet, useLocation } from 'react-router';
import { call } from '../api/client';
import { keys } from '../api/keys';
import { usePolling } from '../api/liveConnection';
import { AccessBanner } from '../features/settings/AccessBanner';
import { Box, Drawer, useMediaQuery } from '../ui/mui';
import { RequireUser } from './Gate';
import { SearchDialog } from './SearchDialog';
import { ShortcutsDialog } from './ShortcutsDialog';
import { Sidebar } from './Sidebar';
import { TopBar } from './TopBar';
import { useLive } from './useLive';
import { useShortcuts } from './useShortcuts';

export function Shell({ client }: { client: QueryClient }) {
  return (
    <RequireUser>
      <Frame client={client} />
    </RequireUser>
  );
}

/** Sidebar, top bar and the page between them. */
function Frame({ client }: { client: QueryClient }) {
  useLive(client);
  const polling = usePolling();
  const fleet = useQuery({
    queryKey: keys.fleet,
    queryFn: ({ signal }) => call('fleetStatus', { signal }),
    refetchInterval: polling || 60_000,
  }).data;
  const narrow = useMediaQuery('(max-width: 899px)');
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem('pm-sidebar') === 'icons');
  const [drawer, setDrawer] = useState(false);
  const [dialog, setDialog] = useState<'search' | 'shortcuts' | null>(null);
  useShortcuts({ search: () => setDialog('search'), help: () => setDialog('shortcuts') });
  const main = useFocusOnNavigation();
  const toggle = () => {
    if (narrow) return setDrawer(true);
    localStorage.setItem('pm-sidebar', collapsed ? 'full' : 'icons');
    setCollapsed(!collapsed);
  };
  const sidebar = (icons: boolean) => (
    <Sidebar
      icons={icons}
      enrollments={fleet?.enrollments_pending ?? 0}
      jobs={fleet?.jobs.running ?? 0}
      onNavigate={() => setDrawer(false)}
    />
  );
  return (
    <Box sx={{ display: 'flex', minHeight: '100vh' }}>
      <a href="#main" className="skip-link">
        Skip to the page
      </a>
      {narrow ? (
        <Drawer open={drawer} onClose={() => setDrawer(false)}>
          {sidebar(false)}
        </Drawer>
      ) : (
        sidebar(collapsed)
      )}
      <Box sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        <TopBar
          onMenu={toggle}
          onSearch={() => setDialog('search')}
          onShortcuts={() => setDialog('shortcuts')}
          running={fleet?.jobs.running ?? 0}
        />
        <AccessBanner />
        <Box
          component="main"
          id="main"
          ref={main}
          tabIndex={-1}
          sx={{ flex: 1, p: { xs: 1.5, md: 3 }, minWidth: 0, '&:focus': { outline: 'none' } }}
        >
          <Outlet />
        </Box>
      </Box>
      <SearchDialog open={dialog === 'search'} onClose={() => setDialog(null)} />
      <ShortcutsDialog open={dialog === 'shortcuts'} onClose={() => setDialog(null)} />
    </Box>
  );
}

/** After going to another page the keyboard starts at that page, not at the link that led there. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return main;
}
