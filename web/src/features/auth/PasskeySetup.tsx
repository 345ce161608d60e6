import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client';
import { hasPasskeys, makePasskey } from '../../api/passkeys';
import { session } from '../../api/session';
import type { RegisteredPasskey } from '../../api/types';
import { KeyIcon } from '../../ui/icons';
import { Alert, Button, Stack, TextField } from '../../ui/mui';
import { Refused, useWait } from './Refused';

/** A first name for a passkey, by the system of this browser; people change it to what they know. */
export function deviceName(agent: string): string {
  const system = [
    [/iPhone/, 'iPhone'],
    [/iPad/, 'iPad'],
    [/Android/, 'Android phone'],
    [/Windows/, 'Windows computer'],
    [/Mac OS X/, 'Mac'],
    [/CrOS/, 'Chromebook'],
    [/Linux/, 'Linux computer'],
  ].find(([pattern]) => (pattern as RegExp).test(agent));
  return (system?.[1] as string | undefined) ?? 'Passkey';
}

/** Makes a passkey on this device or on a security key, under a name that tells it from the others. */
export function PasskeySetup(props: { onDone: (answer: RegisteredPasskey) => void }) {
  const [name, setName] = useState(() => deviceName(navigator.userAgent));
  const make = useMutation({
    mutationFn: async () => {
      const { ceremony, options } = await call('passkeyRegisterOptions', {});
      const credential = await makePasskey(options);
      return call('registerPasskey', { body: { ceremony, credential, name: name.trim() } });
    },
    onSuccess: (answer) => {
      props.onDone(answer);
      if (answer.session) session.begin(answer.session);
    },
  });
  const wait = useWait(make.error);
  if (!hasPasskeys())
    return (
      <Alert severity="info" variant="outlined">
        This browser has no passkeys, or the page was not opened over HTTPS. Use an authenticator
        app.
      </Alert>
    );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() && wait === 0) make.mutate();
      }}
    >
      <Stack sx={{ gap: 2, maxWidth: 400 }}>
        <Refused error={make.error} wait={wait} />
        <TextField
          label="Name of the passkey"
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={!name.trim()}
          helperText={name.trim() ? 'To tell it from others later.' : 'Give it a name.'}
          slotProps={{ htmlInput: { maxLength: 100 } }}
        />
        <Button
          type="submit"
          variant="contained"
          size="medium"
          startIcon={<KeyIcon />}
          loading={make.isPending}
          disabled={wait > 0}
          sx={{ alignSelf: 'flex-start' }}
        >
          {make.error ? 'Try again' : 'Make a passkey'}
        </Button>
      </Stack>
    </form>
  );
}
