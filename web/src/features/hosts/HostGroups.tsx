import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useAllGroups } from '../../api/groups';
import { useSession } from '../../api/session';
import type { Host } from '../../api/types';
import { can } from '../../lib/can';
import { FormDialog } from '../../ui/FormDialog';
import { Box, Button } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Panel } from '../../ui/Page';
import { PickMany } from '../../ui/PickMany';
import { GroupLinks } from './columns';
import { useSetHostGroups } from './queries';

/** Through which groups operators see this host, and a way to change that. */
export function HostGroups({ host }: { host: Host }) {
  const [editing, setEditing] = useState(false);
  const mayChange = can(useSession().user, 'groups.manage');
  return (
    <Panel
      title="Groups"
      actions={
        mayChange && (
          <Button variant="outlined" onClick={() => setEditing(true)}>
            Edit groups
          </Button>
        )
      }
    >
      <Box sx={{ fontSize: 13 }}>
        {host.groups.length > 0 ? (
          <GroupLinks groups={host.groups} />
        ) : (
          'In no group: whether operators see it is a setting.'
        )}
      </Box>
      {editing && <Edit host={host} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function Edit({ host, onClose }: { host: Host; onClose: () => void }) {
  const groups = useAllGroups();
  const [ids, setIds] = useState(host.groups.map((g) => g.id));
  const save = useSetHostGroups(host.id, () => {
    notify(`The groups of ${host.name} were saved.`, 'success');
    onClose();
  });
  const error = save.error ?? groups.error;
  return (
    <FormDialog
      open
      title={`Groups of ${host.name}`}
      submit="Save"
      busy={save.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(ids);
      }}
    >
      <PickMany
        label="Groups"
        autoFocus
        options={groups.data?.items ?? []}
        loading={groups.isPending}
        value={ids}
        onChange={setIds}
        helper="Operators of these groups see and may patch this host, within 5 seconds."
      />
    </FormDialog>
  );
}
