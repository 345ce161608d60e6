import { useColorScheme } from '@mui/material/styles';

export type ThemeMode = 'dark' | 'light' | 'system';

/** The theme that this browser prefers, and how to change it; kept across visits. */
export function useThemeMode(): [ThemeMode, (mode: ThemeMode) => void] {
  const { mode, setMode } = useColorScheme();
  return [mode ?? 'dark', setMode];
}
