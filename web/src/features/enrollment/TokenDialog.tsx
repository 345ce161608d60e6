import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import type { IssuedToken } from '../../api/types';
import { count } from '../../lib/words';
import { CommandBlock } from '../../ui/Copy';
import { FormDialog } from '../../ui/FormDialog';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '../../ui/mui';
import { Time } from '../../ui/Time';
import { enrollCommand } from './command';
import { type TokenForm, tokenForm } from './forms';
import { useCA, useCreateToken } from './queries';

/** Makes a token and shows it once. */
export function TokenDialog({ onClose }: { onClose: () => void }) {
  const create = useCreateToken();
  const { register, handleSubmit, formState } = useForm<TokenForm>({
    resolver: zodResolver(tokenForm),
    defaultValues: { note: '', uses: 1, expires_in_hours: 24 },
  });
  const { errors } = formState;
  if (create.data) return <ShowOnce token={create.data} onClose={onClose} />;
  return (
    <FormDialog
      open
      title="New enrollment token"
      submit="Make token"
      busy={create.isPending}
      error={create.error ? messageOf(create.error) : undefined}
      requestId={requestIdOf(create.error)}
      onClose={onClose}
      onSubmit={handleSubmit((form) => create.mutate(form))}
    >
      <TextField
        {...register('note')}
        label="Note"
        helperText={errors.note?.message ?? 'What it is for, e.g. "web servers in Frankfurt".'}
        error={Boolean(errors.note)}
        autoFocus
      />
      <Stack direction="row" sx={{ gap: 2 }}>
        <TextField
          {...register('uses')}
          label="Hosts it may enroll"
          error={Boolean(errors.uses)}
          helperText={errors.uses?.message ?? '1 to 1000'}
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
          fullWidth
        />
        <TextField
          {...register('expires_in_hours')}
          label="Ends after hours"
          error={Boolean(errors.expires_in_hours)}
          helperText={errors.expires_in_hours?.message ?? '1 to 720'}
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
          fullWidth
        />
      </Stack>
    </FormDialog>
  );
}

function ShowOnce({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  const ca = useCA();
  return (
    <Dialog open maxWidth="sm" fullWidth>
      <DialogTitle>The new token</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          <Alert severity="warning" variant="outlined">
            This is the only time the token is shown. It approves {count(token.uses, 'host')} and
            ends <Time at={token.expires_at} />.
          </Alert>
          <CommandBlock label="Token" text={token.token} />
          {ca.data && (
            <>
              <span>Paste this on the machine that shall join:</span>
              <CommandBlock label="Enroll command" text={enrollCommand(ca.data, token.token)} />
            </>
          )}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
