import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { call } from '../api/client';
import { messageOf } from '../api/errors';
import { session, useSession } from '../api/session';
import { paths } from '../lib/paths';
import { plain } from '../lib/words';
import { UserIcon } from '../ui/icons';
import { MenuButton } from '../ui/MenuButton';
import { Box, Divider, ListItemText, MenuItem } from '../ui/mui';
import { notify } from '../ui/notify';
import { type ThemeMode, useThemeMode } from '../ui/themeMode';

const modes: [ThemeMode, string][] = [
  ['dark', 'Dark'],
  ['light', 'Light'],
  ['system', 'As the system'],
];

export function UserMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const { user } = useSession();
  const [mode, setMode] = useThemeMode();
  const navigate = useNavigate();
  const keep = useMutation({
    mutationFn: (body: { theme: ThemeMode }) => call('updateMe', { body }),
    onSuccess: (changed) => session.update(changed),
    onError: (error) => notify(`The theme is not kept: ${messageOf(error)}`, 'warning'),
  });
  const logout = useMutation({
    mutationFn: () => call('logout', {}),
    onSuccess: () => session.leave(),
    onError: (error) => notify(`Still signed in: ${messageOf(error)}`, 'error'),
  });
  if (!user) return null;
  return (
    <MenuButton
      color="inherit"
      startIcon={<UserIcon />}
      label={
        <>
          <span className="visually-hidden">User menu of </span>
          <Box component="span" sx={{ fontSize: { xs: 0, sm: 13 } }}>
            {user.display_name || user.username}
          </Box>
        </>
      }
      items={(close) => [
        <MenuItem key="who" disabled sx={{ opacity: '1 !important' }}>
          <ListItemText primary={user.username} secondary={plain(user.role)} />
        </MenuItem>,
        <Divider key="line1" />,
        ...modes.map(([value, name]) => (
          <MenuItem
            key={value}
            role="menuitemradio"
            aria-checked={mode === value}
            selected={mode === value}
            onClick={() => {
              setMode(value);
              keep.mutate({ theme: value });
            }}
          >
            <ListItemText primary={`Theme: ${name.toLowerCase()}`} />
          </MenuItem>
        )),
        <Divider key="line2" />,
        <MenuItem
          key="keys"
          onClick={() => {
            close();
            onShortcuts();
          }}
        >
          Keyboard shortcuts
        </MenuItem>,
        <MenuItem
          key="profile"
          onClick={() => {
            close();
            navigate(paths.profile());
          }}
        >
          Profile
        </MenuItem>,
        <MenuItem
          key="out"
          onClick={() => {
            close();
            logout.mutate();
          }}
        >
          Sign out
        </MenuItem>,
      ]}
    />
  );
}
