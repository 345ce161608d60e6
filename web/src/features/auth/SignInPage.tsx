import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { call } from '../../api/client';
import { messageOf, requestIdOf } from '../../api/errors';
import { session } from '../../api/session';
import { Button, Stack, TextField } from '../../ui/mui';
import { ErrorState } from '../../ui/states';
import { AuthCard } from './AuthCard';
import { type SignInForm, signInForm } from './forms';
import { PasswordField } from './PasswordField';

/** Asks who you are. The application leads on from here once a session exists. */
export default function SignInPage() {
  const { register, handleSubmit, formState, resetField, setFocus } = useForm<SignInForm>({
    resolver: zodResolver(signInForm),
    defaultValues: { username: '', password: '' },
  });
  const login = useMutation({
    mutationFn: (body: SignInForm) => call('login', { body }),
    onSuccess: (answer) => answer.session && session.begin(answer.session, true),
    onError: () => {
      resetField('password');
      setFocus('password');
    },
  });
  return (
    <AuthCard title="Sign in">
      <form onSubmit={handleSubmit((form) => login.mutate(form))} noValidate>
        <Stack sx={{ gap: 2 }}>
          {login.error && (
            <ErrorState message={messageOf(login.error)} requestId={requestIdOf(login.error)} />
          )}
          <TextField
            {...register('username')}
            label="User name"
            autoComplete="username"
            autoFocus
            error={Boolean(formState.errors.username)}
            helperText={formState.errors.username?.message}
            slotProps={{ htmlInput: { autoCapitalize: 'none', spellCheck: false } }}
          />
          <PasswordField
            {...register('password')}
            label="Password"
            autoComplete="current-password"
            error={formState.errors.password?.message}
          />
          <Button type="submit" variant="contained" size="medium" loading={login.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </AuthCard>
  );
}
