import { messageOf } from '../../api/errors';
import { useWhyNot } from '../../api/session';
import { count } from '../../lib/words';
import { RefreshIcon } from '../../ui/icons';
import { Button } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Refusable } from '../../ui/Refusable';
import type { BulkProps } from './bulkProps';
import { useBulk } from './care';

/** Asks the chosen hosts for fresh facts; they arrive in the list by themselves. */
export function BulkRefresh({ target, n, onDone }: Omit<BulkProps, 'onClose'>) {
  const why = useWhyNot('fleet.operate');
  const run = useBulk('refreshHosts', target, (result) => onDone('Asked', result));
  return (
    <Refusable why={why}>
      <Button
        startIcon={<RefreshIcon />}
        disabled={why !== ''}
        loading={run.isPending}
        onClick={() => run.mutate({}, { onError: (error) => notify(messageOf(error), 'error') })}
      >
        Refresh {count(n, 'host')}
      </Button>
    </Refusable>
  );
}
