import type { AgentChange, PlanHost } from '../../api/types';
import { bytes } from '../../lib/numbers';
import { checkStatus, rollbackStatus } from '../../lib/status';
import { count, plain } from '../../lib/words';
import { Box, Stack, Typography } from '../../ui/mui';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusMark, StatusPill } from '../../ui/StatusPill';
import { ErrorState } from '../../ui/states';

/** The exact transaction of one host, its checks, and what is left out and why. */
export function PlanDetail({ host }: { host: PlanHost }) {
  if (host.error) return <ErrorState message={`${host.error.message} (${host.error.code})`} />;
  if (!host.plan) return <span>No answer yet.</span>;
  const {
    changes,
    preflight,
    kept_back: kept,
    rollback,
    restarts,
    reboot_reasons: reasons,
  } = host.plan;
  return (
    <Stack sx={{ gap: 1.5, py: 1 }}>
      {preflight.length > 0 && (
        <Box
          component="ul"
          aria-label="Checks"
          sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 0.5 }}
        >
          {preflight.map((check) => (
            <li key={check.name + check.detail}>
              <StatusMark status={checkStatus(check.level)} /> <strong>{plain(check.name)}</strong>{' '}
              {check.detail}
              <span className="visually-hidden">, {checkStatus(check.level).label}</span>
            </li>
          ))}
        </Box>
      )}
      {changes.length > 0 && <Changes host={host.host_name} changes={changes} />}
      <Line name="Rollback">
        <StatusPill status={rollbackStatus(rollback.state)} /> {rollback.reasons.join('; ')}
      </Line>
      {reasons.length > 0 && <Line name="Reboot because of">{reasons.join(', ')}</Line>}
      {restarts.length > 0 && <Line name="Services that restart">{restarts.join(', ')}</Line>}
      {kept.length > 0 && (
        <Line name={`${count(kept.length, 'update')} left out`}>
          {kept.map((k) => `${k.name} (${plain(k.reason).toLowerCase()})`).join(', ')}
        </Line>
      )}
    </Stack>
  );
}

function Line(props: { name: string; children: React.ReactNode }) {
  return (
    <Typography variant="body2" component="div">
      <Box component="span" sx={{ color: 'text.secondary' }}>
        {props.name}:{' '}
      </Box>
      {props.children}
    </Typography>
  );
}

function Changes(props: { host: string; changes: AgentChange[] }) {
  return (
    <SimpleTable
      caption={`Packages that change on ${props.host}`}
      maxHeight={360}
      rows={props.changes}
      rowKey={(c) => `${c.action} ${c.name} ${c.arch}`}
      columns={[
        { name: 'Package', cell: (c) => c.name, mono: true },
        { name: 'Change', cell: (c) => plain(c.action) },
        { name: 'From', cell: (c) => c.from_version || '–', mono: true },
        { name: 'To', cell: (c) => c.to_version || '–', mono: true },
        { name: 'Origin', cell: (c) => [c.origin, c.suite].filter(Boolean).join(' ') || '–' },
        { name: 'Security', cell: (c) => (c.security ? 'yes' : 'no') },
        { name: 'Size', cell: (c) => bytes(c.size_bytes), align: 'right' },
      ]}
    />
  );
}
