import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { call } from '../../../api/client';
import { session } from '../../../api/session';
import type { Challenge } from '../../../api/types';
import { clockWords } from '../../../ui/Countdown';
import { Alert, Button, Stack, TextField } from '../../../ui/mui';
import { AuthCard } from '../AuthCard';
import { type SignInForm, signInForm } from '../forms';
import { PasswordField } from '../PasswordField';
import { useSignInMethods } from '../queries';
import { Refused, useWait } from '../Refused';
import { OtherWays } from './OtherWays';
import type { Notice } from './SignInPage';

export function PasswordStep(props: {
  username: string;
  notice: Notice;
  returnTo: string | null;
  onChallenge: (username: string, challenge: Challenge) => void;
}) {
  const methods = useSignInMethods();
  const [asked, setAsked] = useState(false);
  const [tried, setTried] = useState(false);
  // Single sign-on only: the password is for the one admin who may get in without the provider.
  const showForm = asked || methods.password || methods.providers.length === 0;
  return (
    <AuthCard title="Sign in">
      {props.notice && !tried && (
        <Alert severity={props.notice.severity} variant="outlined">
          {props.notice.text}
        </Alert>
      )}
      {showForm && <PasswordForm {...props} onTry={() => setTried(true)} />}
      <OtherWays methods={methods} returnTo={props.returnTo} apart={showForm} />
      {!showForm && (
        <Button onClick={() => setAsked(true)}>Emergency access with a password</Button>
      )}
    </AuthCard>
  );
}

function PasswordForm(props: {
  username: string;
  onTry: () => void;
  onChallenge: (username: string, challenge: Challenge) => void;
}) {
  const { register, handleSubmit, formState, resetField, setFocus } = useForm<SignInForm>({
    resolver: zodResolver(signInForm),
    defaultValues: { username: props.username, password: '' },
  });
  const login = useMutation({
    mutationFn: (body: SignInForm) => call('login', { body }),
    onMutate: props.onTry,
    onSuccess: (answer, { username }) => {
      if (answer.session) session.begin(answer.session, true);
      else if (answer.challenge) props.onChallenge(username, answer.challenge);
    },
    onError: () => {
      resetField('password');
      setFocus('password');
    },
  });
  const wait = useWait(login.error);
  return (
    <form onSubmit={handleSubmit((form) => wait === 0 && login.mutate(form))} noValidate>
      <Stack sx={{ gap: 2 }}>
        <Refused error={login.error} wait={wait} />
        <TextField
          {...register('username')}
          label="User name"
          autoComplete="username"
          autoFocus={!props.username}
          error={Boolean(formState.errors.username)}
          helperText={formState.errors.username?.message}
          slotProps={{ htmlInput: { autoCapitalize: 'none', spellCheck: false } }}
        />
        <PasswordField
          {...register('password')}
          label="Password"
          autoComplete="current-password"
          autoFocus={Boolean(props.username)}
          error={formState.errors.password?.message}
        />
        <Button
          type="submit"
          variant="contained"
          size="medium"
          loading={login.isPending}
          disabled={wait > 0}
        >
          {wait > 0 ? `Sign in (in ${clockWords(wait)})` : 'Sign in'}
        </Button>
      </Stack>
    </form>
  );
}
