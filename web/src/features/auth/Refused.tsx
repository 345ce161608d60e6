import { useRef } from 'react';
import { ApiError, messageOf, requestIdOf } from '../../api/errors';
import { clockWords, useSecondsUntil } from '../../ui/Countdown';
import { Alert, Box } from '../../ui/mui';
import { ErrorState } from '../../ui/states';

/** Seconds until another attempt is allowed; 0 when it is, also when nothing was refused. */
export function useWait(error: unknown): number {
  const seen = useRef<{ error: unknown; until: number }>({ error: null, until: 0 });
  if (seen.current.error !== error) {
    const after = error instanceof ApiError && error.status === 429 ? error.retryAfter : 0;
    seen.current = { error, until: after > 0 ? Date.now() + after * 1000 : 0 };
  }
  return useSecondsUntil(seen.current.until);
}

/** Why an attempt was refused; after too many of them, how long to wait, counted down. */
export function Refused({ error, wait }: { error: unknown; wait: number }) {
  if (!error) return null;
  if (!(error instanceof ApiError) || error.status !== 429 || error.retryAfter === 0)
    return <ErrorState message={messageOf(error)} requestId={requestIdOf(error)} />;
  if (wait === 0)
    return (
      <Alert severity="info" variant="outlined">
        You can try again now.
      </Alert>
    );
  return (
    <Alert severity="warning" variant="outlined">
      {/* Read out once, as a whole; the clock beside it is for the eyes. */}
      <span className="visually-hidden">{messageOf(error)}</span>
      <span aria-hidden>
        Too many failed attempts. Try again in{' '}
        <Box component="strong" className="num">
          {clockWords(wait)}
        </Box>
        . A device that you signed in on before, or a passkey, may still work.
      </span>
    </Alert>
  );
}
