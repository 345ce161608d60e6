import type { AttentionItem } from '../../api/types';
import { safeReturnPath } from '../../lib/paths';
import type { Status } from '../../lib/status';
import { Link } from '../../ui/Link';
import { Box } from '../../ui/mui';
import { StatusMark } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { line } from '../../ui/tones';

const marks: Record<AttentionItem['kind'], Status> = {
  no_worker: { label: 'No worker', tone: 'critical', shape: 'octagon' },
  audit: { label: 'Audit trail', tone: 'critical', shape: 'octagon' },
  failed_job: { label: 'Failed job', tone: 'critical', shape: 'cross' },
  unreachable: { label: 'Unreachable', tone: 'critical', shape: 'link_off' },
  degraded: { label: 'Degraded', tone: 'medium', shape: 'warning' },
  stale: { label: 'Old data', tone: 'unknown', shape: 'question' },
  reboot: { label: 'Reboot', tone: 'medium', shape: 'clock' },
  enrollment: { label: 'Enrollment', tone: 'paused', shape: 'clock' },
};

/** What somebody should look at, worst first as the manager sorts it. */
export function Attention({ items }: { items: AttentionItem[] }) {
  if (items.length === 0) {
    return (
      <EmptyState title="Nothing needs you now">
        All hosts answer, no job failed, nobody waits for approval.
      </EmptyState>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {items.map((item) => (
        <Box
          key={`${item.kind}${item.title}${item.link}`}
          component="li"
          sx={{
            display: 'flex',
            gap: 1.25,
            px: 2,
            py: 1,
            borderTop: `1px solid ${line}`,
            fontSize: 13,
          }}
        >
          <StatusMark status={marks[item.kind] ?? marks.stale} />
          <Box sx={{ minWidth: 0 }}>
            <Link to={safeReturnPath(item.link)}>{item.title}</Link>
            <Box sx={{ color: 'text.secondary' }}>{item.detail}</Box>
          </Box>
        </Box>
      ))}
    </Box>
  );
}
