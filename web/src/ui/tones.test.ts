import { expect, it } from 'vitest';
import { surfaces, tones } from './tones';

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255);
  const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as [
    number,
    number,
    number,
  ];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

it.each(['dark', 'light'] as const)('is readable in the %s theme', (scheme) => {
  const s = surfaces[scheme];
  const grounds = [
    s.page,
    s.paper,
    s.raised,
    tones[scheme].running.tint,
    tones[scheme].neutral.tint,
  ];
  for (const ground of grounds) {
    for (const text of [s.text, s.quiet, s.accent])
      expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  }
  expect(contrast(s.onAccent, s.accent)).toBeGreaterThanOrEqual(4.5);
  for (const [name, tone] of Object.entries(tones[scheme])) {
    for (const ground of [tone.tint, s.page, s.paper, s.raised]) {
      expect(contrast(tone.text, ground), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  }
});
