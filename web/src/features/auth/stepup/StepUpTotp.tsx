import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { ApiError, messageOf } from '../../../api/errors';
import { CodeField } from '../../../ui/CodeField';
import { clockWords } from '../../../ui/Countdown';
import { Button, Stack } from '../../../ui/mui';
import { Refused, useWait } from '../Refused';

export function StepUpTotp(props: { onDone: () => void }) {
  const [code, setCode] = useState('');
  const check = useMutation({
    mutationFn: (digits: string) => call('stepUpTotp', { body: { code: digits } }),
    onSuccess: props.onDone,
  });
  const wait = useWait(check.error);
  const wrong = check.error instanceof ApiError && check.error.code === 'invalid_code';
  const send = (digits: string) => wait === 0 && !check.isPending && check.mutate(digits);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (code.length === 6) send(code);
      }}
    >
      <Stack sx={{ gap: 1.5, pt: 0.5 }}>
        {!wrong && <Refused error={check.error} wait={wait} />}
        <CodeField
          value={code}
          onChange={setCode}
          onWhole={send}
          label="Code of your authenticator app"
          autoFocus
          disabled={check.isPending}
          error={wrong && !check.isPending ? messageOf(check.error) : undefined}
        />
        <Button
          type="submit"
          variant="contained"
          size="medium"
          loading={check.isPending}
          disabled={wait > 0}
        >
          {wait > 0 ? `Confirm (in ${clockWords(wait)})` : 'Confirm'}
        </Button>
      </Stack>
    </form>
  );
}
