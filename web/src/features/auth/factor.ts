import { useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import { session } from '../../api/session';

/** After a factor came or went: the lists of factors, and what the gate knows of the user. */
export function useFactorsChanged() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: keys.mfa });
    session.update(await call('me', {}));
  };
}
