import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import type { MFA } from '../../../api/types';
import { Confirm } from '../../../ui/Confirm';
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  Typography,
} from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Panel } from '../../../ui/Page';
import { Refusable } from '../../../ui/Refusable';
import { StatusPill } from '../../../ui/StatusPill';
import { Time } from '../../../ui/Time';
import { useFactorsChanged } from '../factor';
import { TotpSetup } from '../TotpSetup';

type Open = 'setup' | 'remove' | null;

export function TotpPanel(props: {
  mfa: MFA;
  only: boolean;
  onCodes: (codes: string[] | null) => void;
}) {
  const [open, setOpen] = useState<Open>(null);
  const { totp } = props.mfa;
  return (
    <Panel
      title="Authenticator app"
      actions={
        totp ? (
          <Refusable
            why={props.only ? 'This is your only second factor. Add a passkey first.' : ''}
          >
            <Button color="error" disabled={props.only} onClick={() => setOpen('remove')}>
              Remove
            </Button>
          </Refusable>
        ) : (
          <Button variant="outlined" onClick={() => setOpen('setup')}>
            Set up
          </Button>
        )
      }
    >
      {totp ? (
        <Stack direction="row" sx={{ gap: 1.5, alignItems: 'center', fontSize: 13 }}>
          <StatusPill status={{ label: 'Set up', tone: 'ok', shape: 'check' }} />
          <span>
            since <Time at={totp.confirmed_at} />
          </span>
        </Stack>
      ) : (
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          An app on your phone that shows a new six-digit code every 30 seconds.
        </Typography>
      )}
      <SetupDialog open={open === 'setup'} onClose={() => setOpen(null)} onCodes={props.onCodes} />
      <RemoveDialog open={open === 'remove'} onClose={() => setOpen(null)} />
    </Panel>
  );
}

function SetupDialog(props: {
  open: boolean;
  onClose: () => void;
  onCodes: (codes: string[] | null) => void;
}) {
  const changed = useFactorsChanged();
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      maxWidth="sm"
      fullWidth
      aria-labelledby="totp-setup"
    >
      <DialogTitle id="totp-setup">Set up an authenticator app</DialogTitle>
      <DialogContent>
        {props.open && (
          <TotpSetup
            onDone={(answer) => {
              props.onClose();
              props.onCodes(answer.recovery_codes);
              notify('Authenticator app set up.', 'success');
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

function RemoveDialog(props: { open: boolean; onClose: () => void }) {
  const changed = useFactorsChanged();
  const remove = useMutation({
    mutationFn: () => call('removeTotp', {}),
    onSuccess: async () => {
      props.onClose();
      notify('Authenticator app removed. Delete its entry on your phone too.', 'success');
      await changed();
    },
  });
  return (
    <Confirm
      open={props.open}
      title="Remove the authenticator app"
      verb="Remove the app"
      danger
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      requestId={requestIdOf(remove.error)}
      onConfirm={() => remove.mutate()}
      onClose={() => {
        remove.reset();
        props.onClose();
      }}
    >
      Its codes stop working. You sign in with a passkey or a recovery code from then on.
    </Confirm>
  );
}
