import type { DiscoveryResult } from '../../api/types';
import { paths } from '../../lib/paths';
import { findingStatus } from '../../lib/status';
import type { Column } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { StatusPill } from '../../ui/StatusPill';
import { Time } from '../../ui/Time';

export const resultColumns: Column<DiscoveryResult>[] = [
  {
    key: 'name',
    name: 'Address',
    width: 150,
    cell: (r) => <span className="mono">{r.address}</span>,
  },
  { key: 'dns', name: 'Name by DNS', width: 190, cell: (r) => r.name || '–' },
  {
    key: 'kind',
    name: 'What answers',
    width: 180,
    cell: (r) => <StatusPill status={findingStatus(r.kind)} />,
  },
  { key: 'host', name: 'Host', width: 150, cell: (r) => <Host result={r} /> },
  {
    key: 'note',
    name: 'What it means',
    width: 300,
    grow: true,
    cell: (r) => <span title={r.note}>{r.note || '–'}</span>,
  },
  {
    key: 'certificate',
    name: 'Certificate',
    width: 190,
    cell: (r) => (
      <span
        title={
          r.fingerprint
            ? `${r.subject}\nIssued by ${r.issuer}\nTLS ${r.tls}\nSHA-256 ${r.fingerprint}`
            : undefined
        }
      >
        {r.subject || '–'}
      </span>
    ),
  },
  {
    key: 'ends',
    name: 'Valid until',
    width: 110,
    cell: (r) => (r.not_after ? <Time at={r.not_after} /> : '–'),
  },
];

function Host({ result }: { result: DiscoveryResult }) {
  const host = result.host;
  if (!host) return '–';
  if (host.removed) return `${host.name} (removed)`;
  return <Link to={paths.host(host.id)}>{host.name}</Link>;
}
