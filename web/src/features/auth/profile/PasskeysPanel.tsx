import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import type { MFA, Passkey } from '../../../api/types';
import { Confirm } from '../../../ui/Confirm';
import { FormDialog } from '../../../ui/FormDialog';
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Panel } from '../../../ui/Page';
import { Refusable } from '../../../ui/Refusable';
import { SimpleTable } from '../../../ui/SimpleTable';
import { StatusPill } from '../../../ui/StatusPill';
import { EmptyState } from '../../../ui/states';
import { Time } from '../../../ui/Time';
import { useFactorsChanged } from '../factor';
import { PasskeySetup } from '../PasskeySetup';

const backedUp = {
  label: 'Backed up',
  tone: 'ok',
  shape: 'check',
} as const;
const onOneDevice = { label: 'This device only', tone: 'medium', shape: 'warning' } as const;

export function PasskeysPanel(props: {
  mfa: MFA;
  only: boolean;
  onCodes: (codes: string[] | null) => void;
}) {
  const [adding, setAdding] = useState(false);
  const [renamed, setRenamed] = useState<Passkey | null>(null);
  const [removed, setRemoved] = useState<Passkey | null>(null);
  const { passkeys } = props.mfa;
  const add = (
    <Button variant="outlined" onClick={() => setAdding(true)}>
      Add a passkey
    </Button>
  );
  return (
    <Panel title="Passkeys" actions={passkeys.length > 0 && add} flush>
      {passkeys.length === 0 ? (
        <EmptyState title="No passkeys yet" action={add}>
          A passkey signs you in with a fingerprint, a face, a PIN or a security key, also without
          the password. It cannot be phished.
        </EmptyState>
      ) : (
        <SimpleTable
          middle
          caption="Your passkeys"
          rows={passkeys}
          rowKey={(passkey) => passkey.id}
          columns={[
            { name: 'Name', cell: (passkey) => passkey.name },
            { name: 'Added', cell: (passkey) => <Time at={passkey.created_at} /> },
            { name: 'Last used', cell: (passkey) => <Time at={passkey.last_used_at} /> },
            {
              name: 'Copy',
              cell: (passkey) =>
                passkey.backed_up ? (
                  <StatusPill
                    status={backedUp}
                    hint="Your password manager or account keeps a copy: a lost device does not lose it."
                  />
                ) : (
                  <StatusPill
                    status={onOneDevice}
                    hint="It is lost with the device. Add a second passkey, or keep your recovery codes."
                  />
                ),
            },
            {
              name: 'Actions',
              align: 'right',
              cell: (passkey) => (
                <Stack direction="row" sx={{ gap: 0.5, justifyContent: 'flex-end' }}>
                  <Button aria-label={`Rename ${passkey.name}`} onClick={() => setRenamed(passkey)}>
                    Rename
                  </Button>
                  <Refusable
                    why={
                      props.only ? 'This is your only second factor. Add another one first.' : ''
                    }
                  >
                    <Button
                      color="error"
                      aria-label={`Remove ${passkey.name}`}
                      disabled={props.only}
                      onClick={() => setRemoved(passkey)}
                    >
                      Remove
                    </Button>
                  </Refusable>
                </Stack>
              ),
            },
          ]}
        />
      )}
      <AddDialog open={adding} onClose={() => setAdding(false)} onCodes={props.onCodes} />
      {renamed && <RenameDialog passkey={renamed} onClose={() => setRenamed(null)} />}
      <RemoveDialog passkey={removed} onClose={() => setRemoved(null)} />
    </Panel>
  );
}

function AddDialog(props: {
  open: boolean;
  onClose: () => void;
  onCodes: (codes: string[] | null) => void;
}) {
  const changed = useFactorsChanged();
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      maxWidth="xs"
      fullWidth
      aria-labelledby="add-passkey"
    >
      <DialogTitle id="add-passkey">Add a passkey</DialogTitle>
      <DialogContent sx={{ pt: '8px !important' }}>
        {props.open && (
          <PasskeySetup
            onDone={(answer) => {
              props.onClose();
              props.onCodes(answer.recovery_codes);
              notify(`Passkey ${answer.passkey.name} added.`, 'success');
              void changed().catch((error) => notify(messageOf(error), 'error'));
            }}
          />
        )}
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>Cancel</Button>
      </DialogActions>
    </Dialog>
  );
}

function RenameDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const [name, setName] = useState(passkey.name);
  const changed = useFactorsChanged();
  const rename = useMutation({
    mutationFn: () =>
      call('renamePasskey', { path: { id: passkey.id }, body: { name: name.trim() } }),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  return (
    <FormDialog
      open
      title="Rename the passkey"
      submit="Rename"
      busy={rename.isPending}
      error={rename.error ? messageOf(rename.error) : undefined}
      requestId={requestIdOf(rename.error)}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) rename.mutate();
      }}
    >
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        error={!name.trim()}
        helperText={name.trim() ? ' ' : 'Give it a name.'}
        autoFocus
        slotProps={{ htmlInput: { maxLength: 100 } }}
      />
    </FormDialog>
  );
}

function RemoveDialog({ passkey, onClose }: { passkey: Passkey | null; onClose: () => void }) {
  const changed = useFactorsChanged();
  const remove = useMutation({
    mutationFn: (id: string) => call('removePasskey', { path: { id } }),
    onSuccess: async () => {
      onClose();
      notify('Passkey removed.', 'success');
      await changed();
    },
  });
  return (
    <Confirm
      open={passkey !== null}
      title={`Remove ${passkey?.name ?? ''}`}
      verb="Remove 1 passkey"
      danger
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      requestId={requestIdOf(remove.error)}
      onConfirm={() => passkey && remove.mutate(passkey.id)}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      It signs nobody in any more. Its entry in your device or password manager stays there until
      you delete it.
    </Confirm>
  );
}
