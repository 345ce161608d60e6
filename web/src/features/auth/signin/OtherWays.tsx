import { hasPasskeys } from '../../../api/passkeys';
import type { SignInMethods } from '../../../api/types';
import { safeReturnPath } from '../../../lib/paths';
import { KeyIcon } from '../../../ui/icons';
import { Button, Divider, Stack } from '../../../ui/mui';
import { ssoStart } from '../queries';
import { Refused, useWait } from '../Refused';
import { usePasskeySignIn } from './usePasskeySignIn';

/** A passkey alone, or a provider of single sign-on. */
export function OtherWays(props: {
  methods: SignInMethods;
  returnTo: string | null;
  apart: boolean;
}) {
  const passkey = usePasskeySignIn();
  const wait = useWait(passkey.error);
  const withPasskey = props.methods.passkey && hasPasskeys();
  if (!withPasskey && props.methods.providers.length === 0) return null;
  return (
    <Stack sx={{ gap: 1.25 }}>
      {props.apart && <Divider sx={{ fontSize: 12, color: 'text.secondary', mb: 0.5 }}>or</Divider>}
      <Refused error={passkey.error} wait={wait} />
      {withPasskey && (
        <Button
          variant="outlined"
          size="medium"
          startIcon={<KeyIcon />}
          loading={passkey.isPending}
          disabled={wait > 0}
          onClick={() => passkey.mutate()}
        >
          Use a passkey
        </Button>
      )}
      {props.methods.providers.map((provider) => (
        // A real address, not a route of this page: the provider is another site.
        <Button
          key={provider.id}
          variant="outlined"
          size="medium"
          href={ssoStart(provider.id, safeReturnPath(props.returnTo))}
        >
          Continue with {provider.name}
        </Button>
      ))}
    </Stack>
  );
}
