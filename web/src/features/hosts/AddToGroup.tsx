import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useAllGroups } from '../../api/groups';
import { paths } from '../../lib/paths';
import { count } from '../../lib/words';
import { FormDialog } from '../../ui/FormDialog';
import { Link } from '../../ui/Link';
import { MenuItem, TextField } from '../../ui/mui';
import { useAddToGroup } from './queries';

/** Adds the chosen hosts to one group; those that are in it stay in it. */
export function AddToGroup(props: {
  n: number;
  hosts: () => Promise<string[]>;
  onClose: () => void;
  onDone: () => void;
}) {
  const groups = useAllGroups();
  const [id, setId] = useState('');
  const [tried, setTried] = useState(false);
  const add = useAddToGroup(props.onDone);
  const items = groups.data?.items ?? [];
  const group = items.find((g) => g.id === id);
  const error = add.error ?? groups.error;
  return (
    <FormDialog
      open
      title="Add to group"
      submit={`Add ${count(props.n, 'host')}`}
      busy={add.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={props.onClose}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (group) add.mutate({ group, hosts: props.hosts });
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
    </FormDialog>
  );
}
