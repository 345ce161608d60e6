import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { call } from '../../../api/client';
import { fieldErrors, messageOf, requestIdOf } from '../../../api/errors';
import { session } from '../../../api/session';
import type { ProfileChange, User } from '../../../api/types';
import { Box, Button, MenuItem, Stack, TextField } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Panel } from '../../../ui/Page';
import { ErrorState } from '../../../ui/states';
import { type ThemeMode, useThemeMode } from '../../../ui/themeMode';
import { type AccountForm, accountForm } from '../forms';
import { ZoneField } from './ZoneField';

/** Keeps a change of the own account with the manager and shows it everywhere at once. */
function useChangeAccount() {
  return useMutation({
    mutationFn: (body: ProfileChange) => call('updateMe', { body }),
    onSuccess: (user) => session.update(user),
  });
}

export function AccountTab({ user }: { user: User }) {
  return (
    <Box sx={{ display: 'grid', gap: 2, maxWidth: 640 }}>
      <Identity user={user} />
      <Appearance user={user} />
    </Box>
  );
}

function Identity({ user }: { user: User }) {
  const { register, handleSubmit, formState, setError, reset } = useForm<AccountForm>({
    resolver: zodResolver(accountForm),
    defaultValues: { display_name: user.display_name, email: user.email },
  });
  const change = useChangeAccount();
  const save = (form: AccountForm) =>
    change.mutate(form, {
      onSuccess: ({ display_name, email }) => {
        reset({ display_name, email });
        notify('Account saved.', 'success');
      },
      onError: (error) => {
        for (const [field, message] of Object.entries(fieldErrors(error)))
          if (field in accountForm.shape) setError(field as keyof AccountForm, { message });
      },
    });
  const errors = formState.errors;
  return (
    <Panel title="Account">
      <form onSubmit={handleSubmit(save)} noValidate>
        <Stack sx={{ gap: 2 }}>
          {change.error && (
            <ErrorState message={messageOf(change.error)} requestId={requestIdOf(change.error)} />
          )}
          <TextField
            {...register('display_name')}
            label="Display name"
            autoComplete="name"
            error={Boolean(errors.display_name)}
            helperText={errors.display_name?.message ?? 'What others see; empty: your user name.'}
          />
          <TextField
            {...register('email')}
            label="E-mail"
            type="email"
            autoComplete="email"
            error={Boolean(errors.email)}
            helperText={errors.email?.message ?? 'For notices. It never signs you in.'}
          />
          <Button
            type="submit"
            variant="contained"
            size="medium"
            loading={change.isPending}
            disabled={!formState.isDirty}
            sx={{ alignSelf: 'flex-start' }}
          >
            Save
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}

const themes: [ThemeMode, string][] = [
  ['system', 'As the system'],
  ['dark', 'Dark'],
  ['light', 'Light'],
];

/** Applied at once: what one sees is the answer, so there is no button. */
function Appearance({ user }: { user: User }) {
  const [mode, setMode] = useThemeMode();
  const change = useChangeAccount();
  const onError = (error: unknown) => notify(`Not kept: ${messageOf(error)}`, 'error');
  const choose = (theme: ThemeMode) => {
    setMode(theme);
    change.mutate({ theme }, { onError });
  };
  return (
    <Panel title="Appearance">
      <Stack sx={{ gap: 2 }}>
        <TextField
          select
          label="Theme"
          value={mode}
          onChange={(event) => choose(event.target.value as ThemeMode)}
          sx={{ maxWidth: 260 }}
        >
          {themes.map(([value, name]) => (
            <MenuItem key={value} value={value}>
              {name}
            </MenuItem>
          ))}
        </TextField>
        <ZoneField
          value={user.time_zone}
          onChange={(time_zone) => change.mutate({ time_zone }, { onError })}
        />
      </Stack>
    </Panel>
  );
}
