import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Controller, useForm, useWatch } from 'react-hook-form';
import { call } from '../../../api/client';
import { fieldErrors, messageOf, requestIdOf } from '../../../api/errors';
import { keys } from '../../../api/keys';
import type { User } from '../../../api/types';
import { plain } from '../../../lib/words';
import { CommandBlock } from '../../../ui/Copy';
import { FormDialog } from '../../../ui/FormDialog';
import {
  Alert,
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  MenuItem,
  Stack,
  TextField,
} from '../../../ui/mui';
import { PickMany } from '../../../ui/PickMany';
import { type TokenForm, tokenForm } from '../forms';
import { useGroups } from './groups';
import { rolesUpTo } from './words';

/** Makes a token and shows it, once. */
export function TokenDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: ({ narrowed, group_ids, ...form }: TokenForm) =>
      call('createToken', { body: { ...form, group_ids: narrowed ? group_ids : null } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.myTokens }),
  });
  if (create.data)
    return <Made token={create.data.token} name={create.data.name} onClose={onClose} />;
  return <Form user={user} create={create} onClose={onClose} />;
}

type Create = {
  mutate: (form: TokenForm, options: { onError: (error: unknown) => void }) => void;
  isPending: boolean;
  error: unknown;
};

function Form(props: { user: User; create: Create; onClose: () => void }) {
  const { create } = props;
  const groups = useGroups();
  const { register, handleSubmit, formState, control, setError } = useForm<TokenForm>({
    resolver: zodResolver(tokenForm),
    defaultValues: {
      name: '',
      role: props.user.role,
      read_only: true,
      narrowed: false,
      group_ids: [],
      expires_in_days: 90,
    },
  });
  const narrowed = useWatch({ control, name: 'narrowed' });
  const onError = (error: unknown) => {
    for (const [field, message] of Object.entries(fieldErrors(error)))
      if (field in tokenForm.shape) setError(field as keyof TokenForm, { message });
  };
  const errors = formState.errors;
  return (
    <FormDialog
      open
      title="Create an API token"
      submit="Create"
      busy={create.isPending}
      error={create.error ? messageOf(create.error) : undefined}
      requestId={requestIdOf(create.error)}
      onClose={props.onClose}
      onSubmit={handleSubmit((form) => create.mutate(form, { onError }))}
    >
      <TextField
        {...register('name')}
        label="What uses it"
        autoFocus
        error={Boolean(errors.name)}
        helperText={errors.name?.message ?? 'Such as "inventory script on build01".'}
      />
      <Stack direction={{ xs: 'column', sm: 'row' }} sx={{ gap: 2 }}>
        <Controller
          control={control}
          name="role"
          render={({ field }) => (
            <TextField
              {...field}
              select
              label="Role"
              sx={{ flex: 1 }}
              error={Boolean(errors.role)}
              helperText={errors.role?.message ?? 'At most your own.'}
            >
              {rolesUpTo(props.user.role).map((role) => (
                <MenuItem key={role} value={role}>
                  {plain(role)}
                </MenuItem>
              ))}
            </TextField>
          )}
        />
        <TextField
          {...register('expires_in_days', { valueAsNumber: true })}
          label="Ends after days"
          type="number"
          sx={{ flex: 1 }}
          error={Boolean(errors.expires_in_days)}
          helperText={errors.expires_in_days?.message ?? '1 to 365.'}
          slotProps={{ htmlInput: { min: 1, max: 365 } }}
        />
      </Stack>
      <Stack>
        <Controller
          control={control}
          name="read_only"
          render={({ field }) => (
            <FormControlLabel
              control={<Checkbox checked={field.value} onChange={(_, on) => field.onChange(on)} />}
              label="It may only read"
            />
          )}
        />
        <Controller
          control={control}
          name="narrowed"
          render={({ field }) => (
            <FormControlLabel
              control={<Checkbox checked={field.value} onChange={(_, on) => field.onChange(on)} />}
              label="Only hosts of some groups"
            />
          )}
        />
      </Stack>
      {narrowed && (
        <Controller
          control={control}
          name="group_ids"
          render={({ field }) => (
            <PickMany
              label="Groups"
              options={groups.data?.items ?? []}
              loading={groups.isPending}
              value={field.value}
              onChange={field.onChange}
              error={Boolean(errors.group_ids)}
              helper={errors.group_ids?.message ?? 'It sees their hosts and no others.'}
            />
          )}
        />
      )}
    </FormDialog>
  );
}

function Made(props: { token: string; name: string; onClose: () => void }) {
  return (
    // Only the button closes it: what is shown here cannot be shown again.
    <Dialog open maxWidth="sm" fullWidth aria-labelledby="token-made">
      <DialogTitle id="token-made">Token {props.name}</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          <Alert severity="warning" variant="outlined">
            Copy it now: it is shown only this once. Keep it like a password.
          </Alert>
          <CommandBlock text={props.token} label="Token" />
          <CommandBlock
            text={`curl -H 'Authorization: Bearer ${props.token}' ${window.location.origin}/api/v1/hosts`}
            label="Example"
          />
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={props.onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
