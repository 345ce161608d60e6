import { useNavigate } from 'react-router';
import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import type { DiscoveryScan } from '../../api/types';
import { paths } from '../../lib/paths';
import { scanStatus } from '../../lib/status';
import { useUrlState } from '../../lib/url';
import { count, groups } from '../../lib/words';
import { Link } from '../../ui/Link';
import { Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { type SimpleColumn, SimpleTable } from '../../ui/SimpleTable';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { NewScan } from './NewScan';
import { isOpen, useScans } from './queries';
import { foundIn, tookWords } from './words';

const columns: SimpleColumn<DiscoveryScan>[] = [
  {
    name: 'Targets',
    cell: (scan) => (
      <Link to={paths.scan(scan.id)}>
        <span className="mono">{scan.targets}</span>
      </Link>
    ),
  },
  { name: 'Port', cell: (scan) => scan.port, align: 'right', width: 70 },
  {
    name: 'State',
    cell: (scan) => (
      <Stack direction="row" sx={{ gap: 1, alignItems: 'center' }}>
        <StatusPill status={scanStatus(scan.state)} hint={scan.failure || undefined} />
        {scan.state === 'running' && (
          <ProgressBar
            percent={Math.floor((scan.probed / scan.total) * 100)}
            status={scanStatus(scan.state)}
            label={`Progress of ${scan.targets}`}
            width={90}
          />
        )}
      </Stack>
    ),
    width: 220,
  },
  {
    name: 'Probed',
    cell: (scan) =>
      scan.probed === scan.total
        ? groups(scan.total)
        : `${groups(scan.probed)} of ${groups(scan.total)}`,
    align: 'right',
    width: 140,
  },
  { name: 'Found', cell: (scan) => groups(foundIn(scan)), align: 'right', width: 80 },
  { name: 'Took', cell: tookWords, align: 'right', width: 90 },
  { name: 'Ordered by', cell: (scan) => scan.created_by, width: 140 },
  { name: 'When', cell: (scan) => <Time at={scan.created_at} />, width: 110 },
];

/** Which machines are in my networks, and which of them have no agent yet? */
export default function DiscoveryPage() {
  const [get] = useUrlState();
  const navigate = useNavigate();
  const mayScan = useMay('discovery.scan');
  const scans = useScans();
  const running = scans.data?.items.filter(isOpen).length ?? 0;
  return (
    <>
      <PageHeader
        title="Discovery"
        subtitle={
          running > 0
            ? `${count(running, 'scan')} under way; you may leave this page.`
            : 'Finds agents, and machines that could get one.'
        }
      />
      <Stack sx={{ gap: 2 }}>
        {mayScan && (
          <NewScan
            key={`${get('cidr')} ${get('port')}`}
            targets={get('cidr')}
            port={get('port')}
            onDone={(id) => navigate(paths.scan(id))}
          />
        )}
        <Panel title="Scans" flush>
          <Scans query={scans} />
        </Panel>
      </Stack>
    </>
  );
}

function Scans({ query }: { query: ReturnType<typeof useScans> }) {
  const mayScan = useMay('discovery.scan');
  const problem = problemOf(query);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!query.data) return <TextSkeleton lines={5} />;
  if (query.data.items.length === 0) {
    return (
      <EmptyState title="No scan yet">
        {mayScan
          ? 'Give a network above. Nothing is installed or changed by a scan: it connects to each address and looks at the certificate.'
          : 'An administrator scans networks; results are shown here for 30 days.'}
      </EmptyState>
    );
  }
  return (
    <SimpleTable
      caption="Scans"
      columns={columns}
      rows={query.data.items}
      rowKey={(scan) => scan.id}
      middle
    />
  );
}
