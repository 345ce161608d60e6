import { messageOf, requestIdOf } from '../../api/errors';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import type { BulkProps } from './bulkProps';
import { useBulk } from './care';
import { UnderWay } from './UnderWay';

/** Removes the chosen hosts, after their number was typed. */
export function BulkRemove({ target, n, onDone, onClose }: BulkProps) {
  const run = useBulk('removeHosts', target, (result) => onDone('Removed', result));
  return (
    <Confirm
      open
      title="Remove hosts"
      verb={`Remove ${count(n, 'host')}`}
      danger
      typed={String(n)}
      busy={run.isPending}
      error={run.error ? messageOf(run.error) : undefined}
      requestId={requestIdOf(run.error)}
      onClose={onClose}
      onConfirm={() => run.mutate({})}
    >
      Remove <strong>{count(n, 'host')}</strong> from the fleet. They are no longer polled or
      patched, and their certificates are no longer accepted. Nothing changes on the machines
      themselves; to come back each must enroll again. Hosts where a job is under way stay. Jobs and
      audit entries stay.
      <UnderWay n={n} busy={run.isPending} />
    </Confirm>
  );
}
