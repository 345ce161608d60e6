/** The browser's part of a passkey ceremony; what it is asked comes from the manager. */
import type { WebAuthnError } from '@simplewebauthn/browser';

/** Where there are no passkeys: no secure page, or an old browser. */
export const hasPasskeys = () =>
  typeof window !== 'undefined' && typeof window.PublicKeyCredential === 'function';

/** The person closed the browser's dialog, or let it run out. */
export class PasskeyCancelled extends Error {}

/** Shows a passkey: what to send back to the manager. */
export async function showPasskey(
  options: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  return said(() => startAuthentication({ optionsJSON: options as never }));
}

/** Makes a passkey: what to send to the manager to keep. */
export async function makePasskey(
  options: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { startRegistration } = await import('@simplewebauthn/browser');
  return said(() => startRegistration({ optionsJSON: options as never }));
}

async function said(ceremony: () => Promise<object>): Promise<Record<string, unknown>> {
  try {
    return { ...(await ceremony()) };
  } catch (error) {
    throw inWords(error as Error);
  }
}

const words: Partial<Record<WebAuthnError['code'], string>> = {
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'This device already holds a passkey of your account.',
  ERROR_INVALID_DOMAIN:
    'This address cannot use passkeys. Open the manager by the name in its certificate.',
  ERROR_INVALID_RP_ID:
    'Passkeys belong to one address. Open the manager by the name that it is configured with.',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT:
    'This security key has no PIN or fingerprint. Set one up on it, or use another one.',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT:
    'This security key cannot hold passkeys. Use another one.',
};

function inWords(error: Error): Error {
  // The browser gives the same name to "closed" and "nothing suitable", so that sites cannot probe.
  if (error.name === 'NotAllowedError' || error.name === 'AbortError')
    return new PasskeyCancelled(
      'No passkey was used: the dialog was closed, or nothing on this device fits.',
    );
  const code = (error as Partial<WebAuthnError>).code;
  return new Error(
    (code && words[code]) || `The browser could not use a passkey: ${error.message}`,
  );
}
