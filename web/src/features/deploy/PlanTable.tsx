import { useState } from 'react';
import type { AgentPlan, PlanHost } from '../../api/types';
import { bytes } from '../../lib/numbers';
import { paths } from '../../lib/paths';
import { checkStatus, rollbackStatus, type Status } from '../../lib/status';
import { groups } from '../../lib/words';
import { ChevronIcon } from '../../ui/icons';
import { Link } from '../../ui/Link';
import { Box, Button, IconButton } from '../../ui/mui';
import { StatusPill } from '../../ui/StatusPill';
import { line, raised } from '../../ui/tones';
import { PlanDetail } from './PlanDetail';

/** Rows added at a time: more would make the page slow to draw. */
const chunk = 100;

const headings = ['Host', 'State', 'Upgraded', 'New', 'Removed', 'Download', 'Reboot', 'Rollback'];
const right = new Set(['Upgraded', 'New', 'Removed', 'Download']);

/** What will change on each host; a row opens to the exact packages. */
export function PlanTable({ hosts }: { hosts: PlanHost[] }) {
  const [shown, setShown] = useState(chunk);
  const sorted = [...hosts].sort(
    (a, b) => rank(a) - rank(b) || a.host_name.localeCompare(b.host_name),
  );
  return (
    <Box sx={{ overflowX: 'auto' }}>
      <Box component="table" sx={tableStyle}>
        <caption className="visually-hidden">Plan by host</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Details</span>
            </th>
            {headings.map((name) => (
              <th key={name} scope="col" className={right.has(name) ? 'right' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        {sorted.slice(0, shown).map((host) => (
          <HostRows key={host.host_id} host={host} />
        ))}
      </Box>
      {shown < sorted.length && (
        <Button onClick={() => setShown(shown + chunk)} sx={{ m: 1 }}>
          Show {groups(Math.min(chunk, sorted.length - shown))} more hosts
        </Button>
      )}
    </Box>
  );
}

/** What needs a look comes first. */
function rank(host: PlanHost): number {
  if (host.state === 'failed') return 0;
  if (!host.plan) return 3;
  if (host.plan.preflight.some((check) => check.level === 'fail')) return 1;
  return host.plan.changes.length > 0 ? 2 : 4;
}

function stateOf(host: PlanHost): Status {
  if (host.state === 'pending') return { label: 'Asking', tone: 'running', shape: 'clock' };
  if (host.state === 'failed' || !host.plan)
    return { label: 'No plan', tone: 'critical', shape: 'cross' };
  const levels = host.plan.preflight.map((check) => check.level);
  if (levels.includes('fail')) return { ...checkStatus('fail'), label: 'Check fails' };
  if (host.plan.changes.length === 0)
    return { label: 'Nothing to do', tone: 'neutral', shape: 'check' };
  if (levels.includes('warn')) return { ...checkStatus('warn'), label: 'Ready, warning' };
  return { label: 'Ready', tone: 'ok', shape: 'check' };
}

function HostRows({ host }: { host: PlanHost }) {
  const [open, setOpen] = useState(false);
  const { plan } = host;
  return (
    <tbody>
      <tr>
        <td>
          <IconButton
            size="small"
            aria-expanded={open}
            aria-label={`Details of ${host.host_name}`}
            onClick={() => setOpen(!open)}
            sx={{ p: 0.25 }}
          >
            <ChevronIcon fontSize="inherit" sx={{ transform: open ? 'rotate(90deg)' : 'none' }} />
          </IconButton>
        </td>
        <td>
          <Link to={paths.host(host.host_id)}>{host.host_name}</Link>
        </td>
        <td>
          <StatusPill status={stateOf(host)} />
        </td>
        {plan ? (
          <PlanCells plan={plan} />
        ) : (
          <td colSpan={6}>
            {host.error?.message ??
              (host.state === 'pending' ? 'The agent works on it.' : 'The host gave no reason.')}
          </td>
        )}
      </tr>
      {open && (
        <tr>
          <td />
          <td colSpan={headings.length}>
            <PlanDetail host={host} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function PlanCells({ plan }: { plan: AgentPlan }) {
  const n = (action: string) => plan.changes.filter((change) => change.action === action).length;
  const none = plan.changes.length === 0;
  return (
    <>
      <td className="right">{n('upgrade')}</td>
      <td className="right">{n('install')}</td>
      <td className="right">{n('remove')}</td>
      <td className="right">{bytes(plan.download_bytes)}</td>
      <td>
        {plan.reboot ? (
          <StatusPill
            status={{ label: 'Needed', tone: 'medium', shape: 'clock' }}
            hint={plan.reboot_reasons.join('\n')}
          />
        ) : (
          'no'
        )}
      </td>
      <td>
        {none ? (
          '–'
        ) : (
          <StatusPill
            status={rollbackStatus(plan.rollback.state)}
            hint={plan.rollback.reasons.join('\n') || undefined}
          />
        )}
      </td>
    </>
  );
}

const tableStyle = {
  width: '100%',
  borderCollapse: 'collapse',
  fontSize: 13,
  '& th': {
    background: raised,
    color: 'text.secondary',
    fontWeight: 500,
    textAlign: 'left',
    whiteSpace: 'nowrap',
  },
  '& th, & td': {
    px: 1.5,
    py: 0.5,
    borderBottom: `1px solid ${line}`,
    verticalAlign: 'middle',
    height: 36,
    boxSizing: 'border-box',
  },
  '& .right': { textAlign: 'right', fontVariantNumeric: 'tabular-nums' },
} as const;
