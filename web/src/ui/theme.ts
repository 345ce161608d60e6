import { createTheme } from '@mui/material/styles';
import type {} from '@mui/material/themeCssVarsAugmentation';
import { mono, surfaces, tones } from './tones';

type Scheme = 'dark' | 'light';

const palette = (scheme: Scheme) => {
  const s = surfaces[scheme];
  const t = tones[scheme];
  return {
    // The words on filled boxes reach AA too, not only MUI's own 3:1.
    contrastThreshold: 4.5,
    primary: { main: s.accent, contrastText: s.onAccent },
    error: { main: t.critical.text, contrastText: s.onAccent },
    warning: { main: t.high.text, contrastText: s.onAccent },
    info: { main: t.running.text, contrastText: s.onAccent },
    success: { main: t.ok.text, contrastText: s.onAccent },
    background: { default: s.page, paper: s.paper },
    text: { primary: s.text, secondary: s.quiet },
    divider: s.line,
  };
};

const font = '"Roboto Variable", Roboto, "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: '[data-theme="%s"]' },
  defaultColorScheme: 'dark',
  colorSchemes: { dark: { palette: palette('dark') }, light: { palette: palette('light') } },
  shape: { borderRadius: 6 },
  typography: {
    fontFamily: font,
    fontSize: 14,
    body1: { fontSize: 14, lineHeight: '20px' },
    body2: { fontSize: 13, lineHeight: '18px' },
    caption: { fontSize: 12, lineHeight: '16px' },
    h1: { fontSize: 20, lineHeight: '28px', fontWeight: 600 },
    h2: { fontSize: 15, lineHeight: '22px', fontWeight: 600 },
    h3: { fontSize: 14, lineHeight: '20px', fontWeight: 600 },
    button: { textTransform: 'none', fontWeight: 500, fontSize: 13 },
  },
  components: {
    MuiButtonBase: {
      defaultProps: { disableRipple: true },
      styleOverrides: { root: { fontFamily: 'inherit' } },
    },
    MuiButton: {
      defaultProps: { size: 'small', disableElevation: true },
      styleOverrides: { root: { whiteSpace: 'nowrap' } },
    },
    MuiPaper: {
      defaultProps: { elevation: 0 },
      styleOverrides: { root: { backgroundImage: 'none' } },
    },
    MuiTextField: { defaultProps: { size: 'small' } },
    MuiAutocomplete: { styleOverrides: { paper: { border: '1px solid var(--line)' } } },
    MuiMenu: { styleOverrides: { paper: { border: '1px solid var(--line)' } } },
    MuiTooltip: {
      defaultProps: { enterDelay: 300 },
      styleOverrides: { tooltip: { fontSize: 12, whiteSpace: 'pre-line' } },
    },
    MuiTab: { styleOverrides: { root: { minHeight: 40, padding: '8px 12px', minWidth: 0 } } },
    MuiTabs: { styleOverrides: { root: { minHeight: 40 } } },
    MuiDialogTitle: {
      styleOverrides: { root: { fontSize: 16, fontWeight: 600, lineHeight: '24px' } },
    },
    MuiDialogActions: { styleOverrides: { root: { padding: '8px 24px 20px' } } },
    MuiAlert: { styleOverrides: { root: { fontSize: 13, alignItems: 'center' } } },
    MuiOutlinedInput: { styleOverrides: { root: { fontSize: 14 } } },
  },
});

const variables = (scheme: Scheme) => ({
  ...Object.fromEntries(
    Object.entries(tones[scheme]).flatMap(([tone, colour]) => [
      [`--tone-${tone}`, colour.text],
      [`--tint-${tone}`, colour.tint],
    ]),
  ),
  '--line': surfaces[scheme].line,
  '--raised': surfaces[scheme].raised,
  '--accent': surfaces[scheme].accent,
});

/** Rules for the whole page, beside MUI's baseline. */
export const pageRules = {
  ':root, [data-theme="dark"]': variables('dark'),
  '[data-theme="light"]': variables('light'),
  'code, pre, .mono': { fontFamily: mono, fontSize: '0.93em' },
  '.skip-link': {
    position: 'absolute',
    left: 8,
    top: -60,
    zIndex: 2000,
    padding: '8px 12px',
    background: 'var(--accent)',
    color: 'var(--raised)',
    borderRadius: 6,
    '&:focus': { top: 8 },
  },
  mark: { background: 'var(--tone-medium)', color: 'var(--raised)' },
  '.num': { fontVariantNumeric: 'tabular-nums' },
  ':focus-visible': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.visually-hidden': {
    position: 'absolute',
    width: 1,
    height: 1,
    overflow: 'hidden',
    clip: 'rect(0 0 0 0)',
    whiteSpace: 'nowrap',
  },
  '@media (prefers-reduced-motion: reduce)': {
    '*, *::before, *::after': {
      animationDuration: '0.01ms !important',
      transitionDuration: '0.01ms !important',
    },
  },
} as const;
