import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, fieldErrors, messageOf } from '../../api/errors';
import { CodeField, codeLength } from '../../ui/CodeField';
import { clockWords } from '../../ui/Countdown';
import { Button, Stack } from '../../ui/mui';
import { Refused, useWait } from './Refused';

/** What is wrong with the code itself; empty when something else was refused. */
export function wrongCode(error: unknown): string {
  const isCode = error instanceof ApiError && error.code === 'invalid_code';
  return fieldErrors(error).code ?? (isCode ? messageOf(error) : '');
}

/**
 * Asks for a code of the authenticator app and sends it: with the sixth digit, or
 * with the button. A wrong code is said at its box, everything else above.
 */
export function CodeForm<T>(props: {
  send: (digits: string) => Promise<T>;
  onDone: (answer: T) => void;
  onError?: (error: unknown) => void;
  verb: string;
  label?: string;
  autoFocus?: boolean;
  /** The button as wide as its word, not as the form. */
  narrow?: boolean;
}) {
  const [code, setCode] = useState('');
  const check = useMutation({
    mutationFn: props.send,
    onSuccess: props.onDone,
    onError: props.onError,
  });
  const wait = useWait(check.error);
  const wrong = wrongCode(check.error);
  const send = (digits: string) => wait === 0 && !check.isPending && check.mutate(digits);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (code.length === codeLength) send(code);
      }}
    >
      <Stack sx={{ gap: 1.5, pt: 0.5 }}>
        {!wrong && <Refused error={check.error} wait={wait} />}
        <CodeField
          value={code}
          onChange={setCode}
          onWhole={send}
          label={props.label}
          autoFocus={props.autoFocus}
          disabled={check.isPending}
          error={wrong && !check.isPending ? wrong : undefined}
        />
        <Button
          type="submit"
          variant="contained"
          size="medium"
          loading={check.isPending}
          disabled={wait > 0}
          sx={props.narrow ? { alignSelf: 'flex-start' } : undefined}
        >
          {wait > 0 ? `${props.verb} (in ${clockWords(wait)})` : props.verb}
        </Button>
      </Stack>
    </form>
  );
}
