import { useMutation } from '@tanstack/react-query';
import { call } from '../../../api/client';
import { showPasskey } from '../../../api/passkeys';
import { session } from '../../../api/session';

/** Signs in with a passkey: alone, or as the second factor of a sign-in that waits for one. */
export function usePasskeySignIn(
  step: { challenge?: string; onDone?: () => void; onError?: (error: unknown) => void } = {},
) {
  return useMutation({
    mutationFn: async () => {
      const body = step.challenge ? { challenge: step.challenge } : {};
      const { ceremony, options } = await call('passkeySignInOptions', { body });
      const credential = await showPasskey(options);
      return call('passkeySignIn', { body: { ceremony, credential } });
    },
    onSuccess: (answer) => {
      step.onDone?.();
      session.begin(answer, true);
    },
    onError: step.onError,
  });
}
