import type { SavedView } from '../src/api/types';
import { byId, json, nothing, type Route } from './answers';
import { ago, id } from './hosts';

const made = (n: number, name: string, rest: Partial<SavedView>): SavedView => ({
  id: id('V', n),
  name,
  owner_id: id('U', 1),
  owner: 'admin',
  mine: true,
  shared: false,
  filter: {},
  sort: 'name',
  order: 'asc',
  columns: [],
  created_at: ago(86_400),
  updated_at: ago(86_400),
  ...rest,
});

export const views: SavedView[] = [
  made(1, 'Unreachable', { filter: { state: ['unreachable'] }, sort: 'last_seen' }),
  made(2, 'Databases', { filter: { q: 'db' }, mine: false, owner: 'operator', shared: true }),
];

export const viewRoutes: Route[] = [
  ['GET', /^\/host-views$/, () => json({ items: views })],
  [
    'POST',
    /^\/host-views$/,
    (_, { body }) => {
      const view = made(views.length + 1, String(body.name), body);
      views.push(view);
      return json(view, 201);
    },
  ],
  [
    'PATCH',
    /^\/host-views\/(\w+)$/,
    (m, { body }) => byId(views, m[1], (view) => json(Object.assign(view, body))),
  ],
  [
    'DELETE',
    /^\/host-views\/(\w+)$/,
    (m) =>
      byId(views, m[1], (view) => {
        views.splice(views.indexOf(view), 1);
        return nothing();
      }),
  ],
];
