import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const root = join(process.cwd(), 'src');

/** What each folder may import from, beside itself; see "Who may import whom" in ARCHITECTURE.md. */
const may: Record<string, string[]> = {
  app: ['api', 'features', 'lib', 'ui'],
  features: ['api', 'lib', 'ui'],
  api: ['lib'],
  ui: ['lib'],
  lib: [],
};

const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file) && !file.startsWith('test/'),
);

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] as string,
  );
}

const zone = (file: string) => file.split('/')[0] as string;
const feature = (file: string) => (zone(file) === 'features' ? file.split('/')[1] : '');

it('finds the sources', () => {
  expect(sources.length).toBeGreaterThan(60);
  expect(imports('features/jobs/JobPage.tsx')).toContain('../../ui/Page');
});

it.each(sources)('%s imports only what its folder may', (file) => {
  for (const wanted of imports(file)) {
    if (!wanted.startsWith('.')) {
      if (/^@(mui|emotion)\//.test(wanted))
        expect(zone(file), `${wanted}: MUI stays behind src/ui`).toBe('ui');
      if (/^(react-router|@tanstack)/.test(wanted))
        expect(zone(file), `${wanted}: src/ui knows neither router nor data`).not.toBe('ui');
      continue;
    }
    const target = normalize(join(dirname(file), wanted));
    if (zone(target) === zone(file)) {
      if (feature(file))
        expect(feature(target), `${wanted}: a feature does not import another`).toBe(feature(file));
      continue;
    }
    expect(may[zone(file)], wanted).toContain(zone(target));
  }
});
