import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useAllGroups } from '../../api/groups';
import { paths } from '../../lib/paths';
import { count } from '../../lib/words';
import { FormDialog } from '../../ui/FormDialog';
import { Link } from '../../ui/Link';
import { MenuItem, TextField } from '../../ui/mui';
import type { BulkProps } from './bulkProps';
import { useBulk } from './care';
import { UnderWay } from './UnderWay';

/** Adds the chosen hosts to one group; those that are in it stay in it. */
export function AddToGroup({ target, n, onDone, onClose }: BulkProps) {
  const groups = useAllGroups();
  const [id, setId] = useState('');
  const [tried, setTried] = useState(false);
  const items = groups.data?.items ?? [];
  const group = items.find((g) => g.id === id);
  const add = useBulk('groupHosts', target, (result) =>
    onDone(`To ${group?.name ?? 'the group'} were added`, result),
  );
  const error = add.error ?? groups.error;
  return (
    <FormDialog
      open
      title="Add to group"
      submit={`Add ${count(n, 'host')}`}
      busy={add.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (group) add.mutate({ add: [group.id] });
      }}
    >
      {groups.data && items.length === 0 ? (
        <span>
          There is no group yet. <Link to={`${paths.groups}?new=1`}>Make one</Link>
        </span>
      ) : (
        <TextField
          select
          label="Group"
          value={id}
          onChange={(event) => setId(event.target.value)}
          error={tried && !group}
          helperText={
            group
              ? `${count(group.member_count, 'member')} will see these hosts; operators among them may patch them.`
              : 'Choose the group that shall have these hosts.'
          }
        >
          {items.map((g) => (
            <MenuItem key={g.id} value={g.id}>
              {g.name}
            </MenuItem>
          ))}
        </TextField>
      )}
      <UnderWay n={n} busy={add.isPending} />
    </FormDialog>
  );
}
