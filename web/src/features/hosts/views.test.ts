import { describe, expect, it } from 'vitest';
import type { SavedView } from '../../api/types';
import { labelPicks } from './facetOptions';
import { filterFrom, filterNames } from './filter';
import { allParts } from './filterWords';
import { differs, type Shown, viewAddress, viewOf } from './views';

const read = (query: string) => {
  const params = new URLSearchParams(query);
  return filterFrom((name) => params.get(name) ?? '');
};
const shown = (query: string, rest: Partial<Shown> = {}): Shown => ({
  filter: read(query),
  sort: 'name',
  order: 'asc',
  columns: ['name', 'state'],
  ...rest,
});
const everything =
  'q=web&state=unknown,healthy&os=Debian&group_id=none&label=env=test,tier&agent_version=1.2.0,1.3.0&pending=security' +
  '&severity=critical,high&reboot=unknown&compliance=not_compliant&facts=stale&unseen_hours=24&certificate_days=30&enrolled=false';
const view = (now: Shown): SavedView => ({
  id: 'V',
  name: 'View',
  owner_id: 'U',
  owner: 'admin',
  mine: true,
  shared: false,
  created_at: '',
  updated_at: '',
  ...(viewOf(now) as Pick<SavedView, 'filter' | 'sort' | 'order' | 'columns'>),
});

describe('a saved view', () => {
  it('shows again what was saved, every part of it', () => {
    const now = shown(everything, { sort: 'last_seen', order: 'desc' });
    const { sort, order, view: id, ...address } = viewAddress(view(now));
    expect(filterFrom((name) => address[name] ?? '')).toEqual(now.filter);
    expect([sort, order, id]).toEqual(['last_seen', 'desc', 'V']);
    expect(Object.values(address).every(Boolean)).toBe(true);
  });

  it('clears what it does not choose', () => {
    const address = viewAddress(view(shown('q=web')));
    expect(filterNames.filter((name) => address[name])).toEqual(['q']);
    expect(Object.keys(address)).toEqual(expect.arrayContaining([...filterNames, 'sort', 'order']));
  });

  it('knows when the page shows something else', () => {
    const kept = view(shown(everything));
    expect(differs(kept, shown(everything))).toBe(false);
    expect(differs(kept, shown(everything, { columns: ['state', 'name'] }))).toBe(false);
    expect(differs(kept, shown('q=web'))).toBe(true);
    expect(differs(kept, shown(everything, { order: 'desc' }))).toBe(true);
    expect(differs(kept, shown(everything, { columns: ['name'] }))).toBe(true);
    expect(differs({ ...kept, columns: [] }, shown(everything, { columns: ['name'] }))).toBe(false);
  });
});

it('says every part of a filter in words', () => {
  const parts = allParts(read(everything), (id) => (id === 'none' ? 'no group' : id));
  expect(parts.map((part) => part.name).sort()).toEqual([...filterNames].sort());
  expect(parts.slice(0, 4).map((part) => part.words)).toEqual([
    'Search "web"',
    'State unknown or healthy',
    'System Debian',
    'Group no group',
  ]);
});

it('completes labels by key, then by value', () => {
  const facets = {
    label_keys: [
      { value: 'tier', count: 1 },
      { value: 'env', count: 3 },
    ],
    labels: [
      { key: 'env', value: 'test', count: 1 },
      { key: 'tier', value: '', count: 1 },
    ],
  } as Parameters<typeof labelPicks>[0];
  expect(labelPicks(facets)).toEqual([
    { id: 'env', name: 'env: any value (3)' },
    { id: 'env=test', name: 'env=test (1)' },
    { id: 'tier', name: 'tier: any value (1)' },
  ]);
});
