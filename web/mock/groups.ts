import type { Group } from '../src/api/types';
import { byId, json, nothing, page, type Route, refuse, state } from './answers';
import { ago, groupNames, hosts, id } from './hosts';
import { users } from './users';

const descriptions = [
  'Everything that answers HTTP from outside.',
  'PostgreSQL primaries and replicas. Patch replicas first.',
  'Rack 3 and 4.',
  'Throw-away builders.',
  '',
];

/** Made-up groups; their numbers are counted when they are asked for. */
export const groups: Group[] = groupNames.map((name, i) => ({
  id: id('G', i + 1),
  name,
  description: descriptions[i] as string,
  host_count: 0,
  member_count: 0,
  created_at: ago(86_400 * (40 - i)),
}));

const counted = (group: Group): Group => ({
  ...group,
  host_count: hosts.filter((h) => h.groups.some((g) => g.id === group.id)).length,
  member_count: users.filter((u) => u.group_ids.includes(group.id)).length,
});

const taken = (name: unknown, but = '') =>
  groups.some((g) => g.id !== but && g.name.toLowerCase() === String(name).toLowerCase());
const refuseName = () =>
  refuse(422, 'validation_failed', 'The group cannot be saved.', [
    { field: 'body.name', message: 'There is a group of this name. Choose another one.' },
  ]);

const hostsOf = (ids: unknown) => hosts.filter((h) => (ids as string[]).includes(h.id));

export const groupRoutes: Route[] = [
  [
    'GET',
    /^\/groups$/,
    (_, { query }) =>
      json(
        page(
          state.empty
            ? []
            : groups
                .map(counted)
                .filter((g) => g.name.toLowerCase().includes((query.get('q') ?? '').toLowerCase())),
          query,
        ),
      ),
  ],
  [
    'POST',
    /^\/groups$/,
    (_, { body }) => {
      if (taken(body.name)) return refuseName();
      const group: Group = {
        id: id('G', groups.length + 1),
        name: String(body.name),
        description: String(body.description ?? ''),
        host_count: 0,
        member_count: 0,
        created_at: ago(0),
      };
      groups.push(group);
      return json(group, 201);
    },
  ],
  ['GET', /^\/groups\/(\w+)$/, (m) => byId(groups, m[1], (g) => json(counted(g)))],
  [
    'PATCH',
    /^\/groups\/(\w+)$/,
    (m, { body }) =>
      byId(groups, m[1], (g) => {
        if (body.name && taken(body.name, g.id)) return refuseName();
        Object.assign(g, body);
        return json(counted(g));
      }),
  ],
  [
    'DELETE',
    /^\/groups\/(\w+)$/,
    (m) => {
      groups.splice(
        groups.findIndex((g) => g.id === m[1]),
        1,
      );
      for (const host of hosts) host.groups = host.groups.filter((g) => g.id !== m[1]);
      for (const user of users) user.group_ids = user.group_ids.filter((g) => g !== m[1]);
      return nothing();
    },
  ],
  [
    'POST',
    /^\/groups\/(\w+)\/hosts$/,
    (m, { body }) =>
      byId(groups, m[1], (g) => {
        for (const host of hostsOf(body.host_ids))
          if (!host.groups.some((x) => x.id === g.id))
            host.groups = [...host.groups, { id: g.id, name: g.name }];
        return json(counted(g));
      }),
  ],
  [
    'POST',
    /^\/groups\/(\w+)\/hosts\/remove$/,
    (m, { body }) =>
      byId(groups, m[1], (g) => {
        for (const host of hostsOf(body.host_ids))
          host.groups = host.groups.filter((x) => x.id !== g.id);
        return json(counted(g));
      }),
  ],
  [
    'PUT',
    /^\/hosts\/(\w+)\/groups$/,
    (m, { body }) =>
      byId(hosts, m[1], (h) => {
        h.groups = groups
          .filter((g) => (body.group_ids as string[]).includes(g.id))
          .map(({ id, name }) => ({ id, name }));
        return json(h);
      }),
  ],
  [
    'GET',
    /^\/groups\/(\w+)\/members$/,
    (m) => {
      const items = users
        .filter((u) => u.group_ids.includes(m[1] as string))
        .map(({ id, username, display_name, role, status }) => ({
          id,
          username,
          display_name,
          role,
          disabled: status === 'disabled',
        }));
      return json({ items, total: items.length });
    },
  ],
  [
    'PUT',
    /^\/groups\/(\w+)\/members$/,
    (m, { body }) => {
      const ids = body.user_ids as string[];
      for (const user of users) {
        user.group_ids = user.group_ids.filter((g) => g !== m[1]);
        if (ids.includes(user.id)) user.group_ids.push(m[1] as string);
      }
      const items = users.filter((u) => ids.includes(u.id));
      return json({ items, total: items.length });
    },
  ],
];
