import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { call } from '../../api/client';
import { fieldErrors, messageOf, requestIdOf } from '../../api/errors';
import { session, useSession } from '../../api/session';
import { Button, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { ErrorState } from '../../ui/states';
import { AuthCard } from './AuthCard';
import { minimumPassword, type PasswordForm, passwordForm } from './forms';
import { PasswordField } from './PasswordField';

/** Changes the password: by choice, or because the first one may only be used once. */
export default function PasswordPage(props: { onDone: () => void }) {
  const { user } = useSession();
  const forced = user?.must_change_password ?? false;
  const { register, handleSubmit, formState, setError } = useForm<PasswordForm>({
    resolver: zodResolver(passwordForm),
    defaultValues: { current_password: '', new_password: '', repeated: '' },
  });
  const change = useMutation({
    mutationFn: ({ current_password, new_password }: PasswordForm) =>
      call('changePassword', { body: { current_password, new_password } }),
    onSuccess: (answer) => {
      session.begin(answer);
      notify('Password changed. All other sessions of this account have ended.', 'success');
      props.onDone();
    },
    onError: (error) => {
      for (const [field, message] of Object.entries(fieldErrors(error))) {
        if (field in passwordForm.shape) setError(field as keyof PasswordForm, { message });
      }
    },
  });
  const errors = formState.errors;
  return (
    <AuthCard
      title="Choose a new password"
      hint={
        forced
          ? 'The first password works once. Nothing else is open to you until you have your own.'
          : 'Your other sessions end when you change it.'
      }
    >
      <form onSubmit={handleSubmit((form) => change.mutate(form))} noValidate>
        <Stack sx={{ gap: 2 }}>
          {change.error && (
            <ErrorState message={messageOf(change.error)} requestId={requestIdOf(change.error)} />
          )}
          <input type="text" hidden readOnly autoComplete="username" value={user?.username ?? ''} />
          <PasswordField
            {...register('current_password')}
            label="Current password"
            autoComplete="current-password"
            autoFocus
            error={errors.current_password?.message}
          />
          <PasswordField
            {...register('new_password')}
            label="New password"
            autoComplete="new-password"
            error={errors.new_password?.message}
            hint={`At least ${minimumPassword} characters; common passwords are refused.`}
          />
          <PasswordField
            {...register('repeated')}
            label="New password again"
            autoComplete="new-password"
            error={errors.repeated?.message}
          />
          <Stack direction="row" sx={{ gap: 1, justifyContent: 'flex-end' }}>
            {!forced && (
              <Button size="medium" onClick={props.onDone}>
                Cancel
              </Button>
            )}
            <Button type="submit" variant="contained" size="medium" loading={change.isPending}>
              Change password
            </Button>
          </Stack>
        </Stack>
      </form>
    </AuthCard>
  );
}
