import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import type { UserRow } from '../../api/types';
import { Button, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { SidePanel } from '../../ui/SidePanel';
import { ErrorState } from '../../ui/states';
import { type UserForm, userForm } from './forms';
import { useUpdateUser } from './queries';
import { UserFields } from './UserFields';

/** Changes who somebody is and what they may; in force everywhere within seconds. */
export function EditUser({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const update = useUpdateUser(user.id, () => {
    notify(`${user.username} was changed. It is in force within 5 seconds.`, 'success');
    onClose();
  });
  const { username, display_name, email, role, group_ids } = user;
  const form = useForm<UserForm>({
    resolver: zodResolver(userForm),
    defaultValues: { username, display_name, email, role, group_ids },
  });
  const save = form.handleSubmit(({ username: _, ...values }) =>
    update.mutate(changesOf(user, values), {
      onError: (error) => applyFieldErrors(error, values, form.setError),
    }),
  );
  return (
    <SidePanel
      title={`Edit ${username}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="edit-user" variant="contained" loading={update.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="edit-user" onSubmit={save} noValidate>
        <Stack sx={{ gap: 2 }}>
          <UserFields form={form} isNew={false} />
          {update.error && (
            <ErrorState message={messageOf(update.error)} requestId={requestIdOf(update.error)} />
          )}
        </Stack>
      </form>
    </SidePanel>
  );
}

/** Only what differs is sent, so that a change beside it by somebody else stays. */
export function changesOf(before: UserRow, after: Omit<UserForm, 'username'>) {
  const entries = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof UserRow]),
  );
  return Object.fromEntries(entries);
}
