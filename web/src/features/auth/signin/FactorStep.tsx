import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { ApiError, messageOf } from '../../../api/errors';
import { hasPasskeys } from '../../../api/passkeys';
import { session } from '../../../api/session';
import type { Challenge, FactorMethod, Session } from '../../../api/types';
import { clockWords } from '../../../ui/Countdown';
import { KeyIcon } from '../../../ui/icons';
import { Button, Stack, TextField } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { AuthCard } from '../AuthCard';
import { CodeForm, wrongCode } from '../CodeForm';
import { Refused, useWait } from '../Refused';
import { usePasskeySignIn } from './usePasskeySignIn';

const words: Record<FactorMethod, { title: string; hint: string; switchTo: string }> = {
  totp: {
    title: 'Enter your code',
    hint: 'Open your authenticator app and enter the six digits that it shows.',
    switchTo: 'Use the authenticator app',
  },
  passkey: {
    title: 'Show your passkey',
    hint: 'Your browser asks for the fingerprint, face, PIN or security key that you set up.',
    switchTo: 'Use a passkey',
  },
  recovery_code: {
    title: 'Enter a recovery code',
    hint: 'One of the codes that you kept when you set up your second factor. Each works once.',
    switchTo: 'Use a recovery code',
  },
};
const order: FactorMethod[] = ['totp', 'passkey', 'recovery_code'];
const remembered = 'pm-factor';

type Props = {
  challenge: Challenge;
  username: string;
  onBack: () => void;
  /** The manager does not know this sign-in any more: it begins again. */
  onEnded: (words: string) => void;
};

/** The second half of signing in. The way that worked last time in this browser comes first. */
export function FactorStep(props: Props) {
  const ways = order.filter(
    (way) => props.challenge.methods.includes(way) && (way !== 'passkey' || hasPasskeys()),
  );
  const last = localStorage.getItem(remembered) as FactorMethod | null;
  const [way, setWay] = useState<FactorMethod>(
    (last && ways.includes(last) ? last : ways[0]) ?? 'recovery_code',
  );
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.code === 'challenge_ended')
      props.onEnded(messageOf(error));
  };
  const done = () => {
    if (way !== 'recovery_code') localStorage.setItem(remembered, way);
  };
  const part = { token: props.challenge.token, onError, onDone: done };
  return (
    <AuthCard title={words[way].title} hint={words[way].hint}>
      {way === 'totp' && <TotpPart {...part} />}
      {way === 'passkey' && <PasskeyPart {...part} />}
      {way === 'recovery_code' && <RecoveryPart {...part} />}
      <Stack sx={{ gap: 0.5, alignItems: 'flex-start', ml: -0.75 }}>
        {ways
          .filter((other) => other !== way)
          .map((other) => (
            <Button key={other} onClick={() => setWay(other)}>
              {words[other].switchTo}
            </Button>
          ))}
        <Button onClick={props.onBack}>
          {props.username ? `Not ${props.username}? Begin again` : 'Begin again'}
        </Button>
      </Stack>
    </AuthCard>
  );
}

type PartProps = { token: string; onError: (error: unknown) => void; onDone: () => void };

function TotpPart(props: PartProps) {
  return (
    <CodeForm
      send={(code) => call('loginTotp', { body: { challenge: props.token, code } })}
      onDone={(answer) => enter(answer, props)}
      onError={props.onError}
      verb="Sign in"
      autoFocus
    />
  );
}

function RecoveryPart(props: PartProps) {
  const [code, setCode] = useState('');
  const check = useMutation({
    mutationFn: () =>
      call('loginRecoveryCode', { body: { challenge: props.token, code: code.trim() } }),
    onSuccess: (answer) => {
      enter(answer, props);
      const left = answer.user.recovery_codes_left;
      notify(
        left > 0
          ? `This recovery code is used up; ${left} are left. Your profile has the rest.`
          : 'That was your last recovery code. Make new ones in your profile.',
        left > 2 ? 'info' : 'warning',
      );
    },
    onError: props.onError,
  });
  const wait = useWait(check.error);
  const wrong = wrongCode(check.error) !== '';
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (code.trim() && wait === 0) check.mutate();
      }}
    >
      <Stack sx={{ gap: 2 }}>
        {!wrong && <Refused error={check.error} wait={wait} />}
        <TextField
          label="Recovery code"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          autoFocus
          autoComplete="off"
          error={wrong}
          helperText={wrong ? 'This is not one of your codes, or it was used already.' : undefined}
          slotProps={{
            htmlInput: { className: 'mono', autoCapitalize: 'none', spellCheck: false },
            formHelperText: { role: 'alert' },
          }}
        />
        <SendButton busy={check.isPending} wait={wait} />
      </Stack>
    </form>
  );
}

function PasskeyPart(props: PartProps) {
  const show = usePasskeySignIn({
    challenge: props.token,
    onDone: props.onDone,
    onError: props.onError,
  });
  const wait = useWait(show.error);
  return (
    <Stack sx={{ gap: 2 }}>
      <Refused error={show.error} wait={wait} />
      <Button
        variant="contained"
        size="medium"
        autoFocus
        startIcon={<KeyIcon />}
        loading={show.isPending}
        disabled={wait > 0}
        onClick={() => show.mutate()}
      >
        {show.error ? 'Try again' : 'Show my passkey'}
      </Button>
    </Stack>
  );
}

function SendButton({ busy, wait }: { busy: boolean; wait: number }) {
  return (
    <Button type="submit" variant="contained" size="medium" loading={busy} disabled={wait > 0}>
      {wait > 0 ? `Sign in (in ${clockWords(wait)})` : 'Sign in'}
    </Button>
  );
}

function enter(answer: Session, props: PartProps) {
  props.onDone();
  session.begin(answer, true);
}
