import type { HostRow } from '../../api/types';
import { paths } from '../../lib/paths';
import { hostStatus } from '../../lib/status';
import { listOf, shortSystem } from '../../lib/words';
import type { Column } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { Mono } from '../../ui/Page';
import { StatusPill } from '../../ui/StatusPill';

/** Enough of a host to know it; the hosts page has the rest. */
export const hostColumns: Column<HostRow>[] = [
  {
    key: 'name',
    name: 'Name',
    width: 160,
    grow: true,
    sortable: true,
    cell: (h) => <Link to={paths.host(h.id)}>{h.name}</Link>,
  },
  {
    key: 'state',
    name: 'State',
    width: 126,
    sortable: true,
    cell: (h) => <StatusPill status={hostStatus(h.state)} />,
  },
  { key: 'address', name: 'Address', width: 150, cell: (h) => <Mono>{h.address}</Mono> },
  { key: 'os', name: 'System', width: 120, sortable: true, cell: (h) => shortSystem(h.os) },
  {
    key: 'groups',
    name: 'Groups',
    width: 200,
    grow: true,
    cell: (h) => (
      <span title={h.groups.map((g) => g.name).join(', ')}>
        {listOf(
          h.groups.map((g) => g.name),
          2,
        )}
      </span>
    ),
  },
];

const sorts = ['name', 'state', 'os'] as const;
export const sortOf = (sort: string | undefined) => sorts.find((key) => key === sort) ?? 'name';
