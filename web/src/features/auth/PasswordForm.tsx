import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm, useWatch } from 'react-hook-form';
import { call } from '../../api/client';
import { fieldErrors } from '../../api/errors';
import { session, useSession } from '../../api/session';
import { Button, Stack } from '../../ui/mui';
import { type PasswordForm as Form, passwordForm } from './forms';
import { PasswordAdvice } from './PasswordAdvice';
import { PasswordField } from './PasswordField';
import { Refused, useWait } from './Refused';

/** Changes the own password. All other sessions of the account end with it. */
export function PasswordForm(props: {
  currentLabel?: string;
  autoFocus?: boolean;
  onDone: () => void;
}) {
  const { user } = useSession();
  const { register, handleSubmit, formState, setError, control, reset } = useForm<Form>({
    resolver: zodResolver(passwordForm),
    defaultValues: { current_password: '', new_password: '', repeated: '' },
  });
  const typed = useWatch({ control, name: 'new_password' });
  const change = useMutation({
    mutationFn: ({ current_password, new_password }: Form) =>
      call('changePassword', { body: { current_password, new_password } }),
    onSuccess: (answer) => {
      reset();
      session.begin(answer);
      props.onDone();
    },
    onError: (error) => {
      for (const [field, message] of Object.entries(fieldErrors(error))) {
        if (field in passwordForm.shape) setError(field as keyof Form, { message });
      }
    },
  });
  const wait = useWait(change.error);
  const errors = formState.errors;
  const atFields = Object.keys(fieldErrors(change.error)).some(
    (name) => name in passwordForm.shape,
  );
  return (
    <form onSubmit={handleSubmit((form) => wait === 0 && change.mutate(form))} noValidate>
      <Stack sx={{ gap: 2 }}>
        {!atFields && <Refused error={change.error} wait={wait} />}
        <input type="text" hidden readOnly autoComplete="username" value={user?.username ?? ''} />
        <PasswordField
          {...register('current_password')}
          label={props.currentLabel ?? 'Current password'}
          autoComplete="current-password"
          autoFocus={props.autoFocus}
          error={errors.current_password?.message}
        />
        <div>
          <PasswordField
            {...register('new_password')}
            label="New password"
            autoComplete="new-password"
            error={errors.new_password?.message}
          />
          <PasswordAdvice password={typed} />
        </div>
        <PasswordField
          {...register('repeated')}
          label="New password again"
          autoComplete="new-password"
          error={errors.repeated?.message}
        />
        <Button
          type="submit"
          variant="contained"
          size="medium"
          loading={change.isPending}
          disabled={wait > 0}
          sx={{ alignSelf: 'flex-end' }}
        >
          Change password
        </Button>
      </Stack>
    </form>
  );
}
