import { useQuery } from '@tanstack/react-query';
import { call, urlOf } from '../../api/client';
import { keys } from '../../api/keys';
import type { SignInMethods } from '../../api/types';
import { withQuery } from '../../lib/paths';

/** Until the manager says more, or when it cannot, there is a password. */
const usual: SignInMethods = { password: true, passkey: true, providers: [] };

export function useSignInMethods(): SignInMethods {
  const query = useQuery({
    queryKey: keys.signInMethods,
    queryFn: ({ signal }) => call('signInMethods', { signal }),
    staleTime: 60_000,
  });
  return query.data ?? usual;
}

/** Where the browser goes to sign in at a provider; it comes back to `returnTo`. */
export function ssoStart(provider: string, returnTo: string): string {
  return withQuery(urlOf('startSsoSignIn', { id: provider }), { return_to: returnTo });
}

export function useMfa() {
  return useQuery({ queryKey: keys.mfa, queryFn: ({ signal }) => call('getMfa', { signal }) });
}

export function useSsoLinks() {
  return useQuery({
    queryKey: keys.ssoLinks,
    queryFn: ({ signal }) => call('mySsoLinks', { signal }),
  });
}
