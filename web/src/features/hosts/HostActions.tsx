import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useWhyNot } from '../../api/session';
import type { Host } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { RebootIcon, RefreshIcon, TrashIcon } from '../../ui/icons';
import { MenuButton } from '../../ui/MenuButton';
import { Button, ListItemIcon, ListItemText, MenuItem } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Refusable } from '../../ui/Refusable';
import { EditHost } from './EditHost';
import { useRebootHost, useRefreshHost, useRemoveHost } from './queries';

type Asked = 'edit' | 'reboot' | 'remove' | null;

export function HostActions(props: {
  host: Host;
  onRemoved: () => void;
  onJob: (id: string) => void;
}) {
  const { host } = props;
  const [asked, setAsked] = useState<Asked>(null);
  const refresh = useRefreshHost(host.id);
  const noOperating = useWhyNot('fleet.operate');
  const noRemoving = useWhyNot('hosts.manage');
  const busy = refresh.isPending || host.refreshing;
  const awaited = host.enrolled_at === null ? 'Its agent has not enrolled yet.' : '';
  const noAgent = noOperating || awaited;
  return (
    <>
      <Refusable why={noAgent}>
        <Button
          variant="outlined"
          startIcon={<RefreshIcon />}
          disabled={noAgent !== ''}
          onClick={() => refresh.mutate()}
          loading={busy}
          loadingPosition="start"
        >
          {busy ? 'Refreshing' : 'Refresh'}
        </Button>
      </Refusable>
      <span className="visually-hidden" role="status">
        {busy ? `Asking ${host.name} for fresh facts` : ''}
      </span>
      <MenuButton
        variant="outlined"
        label="More"
        items={(close) => [
          <MenuItem
            key="edit"
            disabled={noRemoving !== ''}
            onClick={() => {
              close();
              setAsked('edit');
            }}
          >
            <ListItemText inset secondary={noRemoving}>
              Edit…
            </ListItemText>
          </MenuItem>,
          <MenuItem
            key="reboot"
            disabled={noAgent !== ''}
            onClick={() => {
              close();
              setAsked('reboot');
            }}
          >
            <ListItemIcon>
              <RebootIcon fontSize="small" />
            </ListItemIcon>
            <ListItemText secondary={noAgent}>Reboot now…</ListItemText>
          </MenuItem>,
          <MenuItem
            key="remove"
            disabled={noRemoving !== ''}
            onClick={() => {
              close();
              setAsked('remove');
            }}
          >
            <ListItemIcon>
              <TrashIcon fontSize="small" />
            </ListItemIcon>
            <ListItemText secondary={noRemoving}>Remove host…</ListItemText>
          </MenuItem>,
        ]}
      />
      {asked === 'edit' && <EditHost host={host} onClose={() => setAsked(null)} />}
      <RebootConfirm
        host={host}
        open={asked === 'reboot'}
        onClose={() => setAsked(null)}
        onJob={props.onJob}
      />
      <RemoveConfirm
        host={host}
        open={asked === 'remove'}
        onClose={() => setAsked(null)}
        onRemoved={props.onRemoved}
      />
    </>
  );
}

function RebootConfirm(props: {
  host: Host;
  open: boolean;
  onClose: () => void;
  onJob: (id: string) => void;
}) {
  const reboot = useRebootHost(props.host, props.onJob);
  return (
    <Confirm
      open={props.open}
      title="Reboot"
      verb="Reboot 1 host"
      danger
      busy={reboot.isPending}
      error={reboot.error ? messageOf(reboot.error) : undefined}
      requestId={requestIdOf(reboot.error)}
      onClose={props.onClose}
      onConfirm={() => reboot.mutate()}
    >
      Reboot <strong>{props.host.name}</strong> now. Everything that runs there stops; the job ends
      when the host is back with a new boot id.
    </Confirm>
  );
}

function RemoveConfirm(props: {
  host: Host;
  open: boolean;
  onClose: () => void;
  onRemoved: () => void;
}) {
  const remove = useRemoveHost(props.host.id, () => {
    notify(`${props.host.name} was removed.`, 'success');
    props.onRemoved();
  });
  return (
    <Confirm
      open={props.open}
      title="Remove host"
      verb="Remove 1 host"
      danger
      typed={props.host.name}
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      requestId={requestIdOf(remove.error)}
      onClose={props.onClose}
      onConfirm={() => remove.mutate()}
    >
      Remove <strong>{props.host.name}</strong> from the fleet. It is no longer polled or patched,
      its patches and packages are forgotten, and its certificate is no longer accepted. Nothing
      changes on the machine itself; to come back it must enroll again. Jobs and audit entries stay.
    </Confirm>
  );
}
