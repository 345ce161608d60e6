import type { Tone } from '../lib/status';

type Colour = { text: string; tint: string };

/** Text on tint and text on paper both reach 4.5:1; tones.test.ts computes it. */
export const tones: Record<'dark' | 'light', Record<Tone, Colour>> = {
  dark: {
    critical: { text: '#ff8f87', tint: '#3a1f21' },
    high: { text: '#ffb173', tint: '#38271a' },
    medium: { text: '#f0cf5f', tint: '#332c17' },
    low: { text: '#9dbbe0', tint: '#1f2a38' },
    unknown: { text: '#a9b3bf', tint: '#1e232a' },
    ok: { text: '#72d69c', tint: '#182e22' },
    running: { text: '#82bcff', tint: '#182a40' },
    paused: { text: '#c9b0ff', tint: '#2a2340' },
    neutral: { text: '#b6bfca', tint: '#242a32' },
  },
  light: {
    critical: { text: '#a81b17', tint: '#fde7e6' },
    high: { text: '#8f4300', tint: '#fdeede' },
    medium: { text: '#6f5200', tint: '#fbf3d3' },
    low: { text: '#34547d', tint: '#e6eef8' },
    unknown: { text: '#505b68', tint: '#f1f3f6' },
    ok: { text: '#12653a', tint: '#e1f5e9' },
    running: { text: '#0f50a3', tint: '#e2eefd' },
    paused: { text: '#5f37a8', tint: '#efe8fc' },
    neutral: { text: '#4a5561', tint: '#e9edf1' },
  },
};

export const surfaces = {
  dark: {
    page: '#0f1216',
    paper: '#161a20',
    raised: '#1c2129',
    line: '#2b323c',
    text: '#e5e8ec',
    quiet: '#a5afbb',
    accent: '#82bcff',
    onAccent: '#08182b',
  },
  light: {
    page: '#f5f6f8',
    paper: '#ffffff',
    raised: '#f9fafb',
    line: '#d8dde4',
    text: '#1a1f25',
    quiet: '#525d69',
    accent: '#0f50a3',
    onAccent: '#ffffff',
  },
} as const;

/** Names of the CSS variables that follow the theme. */
export const toneText = (tone: Tone) => `var(--tone-${tone})`;
export const toneTint = (tone: Tone) => `var(--tint-${tone})`;

export const line = 'var(--line)';
export const raised = 'var(--raised)';

/** Diagonal stripes: how everything unknown is filled, so that it is never taken for a colour. */
export const stripes =
  'repeating-linear-gradient(135deg, var(--tint-unknown) 0 4px, var(--line) 4px 6px)';

export const mono =
  'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace';
