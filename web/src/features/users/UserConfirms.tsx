import { messageOf, requestIdOf } from '../../api/errors';
import type { UserRow } from '../../api/types';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { notify } from '../../ui/notify';
import { OneTimePassword } from './OneTimePassword';
import { useDeleteUser, useResetPassword, useUpdateUser, useUserAct } from './queries';

type Props = { user: UserRow; onClose: () => void };
type Act = { isPending: boolean; error: unknown };

/** What every question has from the call that it asks about. */
const stateOf = (act: Act) => ({
  open: true,
  busy: act.isPending,
  error: act.error ? messageOf(act.error) : undefined,
  requestId: requestIdOf(act.error),
});

export function ResetPassword({ user, onClose }: Props) {
  const reset = useResetPassword(user.id);
  if (reset.data)
    return (
      <OneTimePassword
        title="The new password"
        username={user.username}
        password={reset.data.one_time_password}
        onClose={onClose}
      />
    );
  return (
    <Confirm
      {...stateOf(reset)}
      title="Reset password"
      verb="Reset 1 password"
      danger
      onClose={onClose}
      onConfirm={() => reset.mutate()}
    >
      The password of <strong>{user.username}</strong> stops working and{' '}
      {count(user.sessions, 'session')} end. A one-time password is shown to you once. Second
      factors stay as they are.
    </Confirm>
  );
}

export function ResetMfa({ user, onClose }: Props) {
  const reset = useUserAct('resetMfa', user.id, () => {
    notify(`${user.username} sets up a second factor at the next sign-in.`, 'success');
    onClose();
  });
  return (
    <Confirm
      {...stateOf(reset)}
      title="Reset second factors"
      verb="Reset second factors"
      danger
      onClose={onClose}
      onConfirm={() => reset.mutate()}
    >
      The authenticator app, all passkeys and all recovery codes of <strong>{user.username}</strong>{' '}
      stop working. Until new ones are set up the password alone opens the set-up: do this only when
      you know that the person in front of you is who they say.
    </Confirm>
  );
}

export function Unlock({ user, onClose }: Props) {
  const unlock = useUserAct('unlockUser', user.id, () => {
    notify(`${user.username} may sign in again.`, 'success');
    onClose();
  });
  return (
    <Confirm
      {...stateOf(unlock)}
      title="Unlock"
      verb="Unlock 1 account"
      onClose={onClose}
      onConfirm={() => unlock.mutate()}
    >
      <strong>{user.username}</strong> may try again at once. If the wrong attempts were not the
      person's own, leave the lock: it ends by itself.
    </Confirm>
  );
}

export function Disable({ user, onClose }: Props) {
  const update = useUpdateUser(user.id, () => {
    notify(`${user.username} is disabled.`, 'success');
    onClose();
  });
  return (
    <Confirm
      {...stateOf(update)}
      title="Disable"
      verb="Disable 1 user"
      danger
      onClose={onClose}
      onConfirm={() => update.mutate({ disabled: true })}
    >
      <strong>{user.username}</strong> can no longer sign in. {count(user.sessions, 'session')} end
      within 5 seconds, and API tokens stop working. Jobs that run go on. It can be enabled again.
    </Confirm>
  );
}

export function Enable({ user, onClose }: Props) {
  const update = useUpdateUser(user.id, () => {
    notify(`${user.username} may sign in again.`, 'success');
    onClose();
  });
  return (
    <Confirm
      {...stateOf(update)}
      title="Enable"
      verb="Enable 1 user"
      onClose={onClose}
      onConfirm={() => update.mutate({ disabled: false })}
    >
      <strong>{user.username}</strong> may sign in again with the same password and second factors,
      and API tokens that have not ended work again.
    </Confirm>
  );
}

export function DeleteUser({ user, onClose, onDeleted }: Props & { onDeleted: () => void }) {
  const remove = useDeleteUser(user.id, () => {
    notify(`${user.username} was deleted.`, 'success');
    onDeleted();
  });
  return (
    <Confirm
      {...stateOf(remove)}
      title="Delete user"
      verb="Delete 1 user"
      danger
      typed={user.username}
      onClose={onClose}
      onConfirm={() => remove.mutate()}
    >
      <strong>{user.username}</strong> is deleted with second factors, sessions and API tokens. This
      cannot be undone; disabling can. Jobs and audit entries keep the name.
    </Confirm>
  );
}
