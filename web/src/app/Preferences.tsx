import { useEffect } from 'react';
import { useSession } from '../api/session';
import { zone } from '../lib/dates';
import { useThemeMode } from '../ui/themeMode';

/** Theme and time zone are the user's, not the browser's: whoever signs in anywhere finds theirs. */
export function Preferences() {
  const { user } = useSession();
  const theme = user?.theme;
  const timeZone = user?.time_zone ?? '';
  const [mode, setMode] = useThemeMode();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a theme tried out here is not taken back
  useEffect(() => {
    if (theme && theme !== mode) setMode(theme);
  }, [theme]);
  useEffect(() => zone.set(timeZone), [timeZone]);
  return null;
}
