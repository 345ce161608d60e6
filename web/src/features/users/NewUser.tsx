import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import { Button, Stack } from '../../ui/mui';
import { SidePanel } from '../../ui/SidePanel';
import { ErrorState } from '../../ui/states';
import { type UserForm, userForm } from './forms';
import { OneTimePassword } from './OneTimePassword';
import { useCreateUser } from './queries';
import { UserFields } from './UserFields';

/** Makes an account; its first password is shown once. */
export function NewUser({ onClose }: { onClose: () => void }) {
  const create = useCreateUser();
  const form = useForm<UserForm>({
    resolver: zodResolver(userForm),
    defaultValues: { username: '', display_name: '', email: '', role: 'operator', group_ids: [] },
  });
  if (create.data)
    return (
      <OneTimePassword
        title="The new user"
        username={create.data.user.username}
        password={create.data.one_time_password}
        onClose={onClose}
      />
    );
  const save = form.handleSubmit((values) =>
    create.mutate(values, {
      onError: (error) => applyFieldErrors(error, values, form.setError),
    }),
  );
  return (
    <SidePanel
      title="New user"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form="new-user" variant="contained" loading={create.isPending}>
            Make user
          </Button>
        </>
      }
    >
      <form id="new-user" onSubmit={save} noValidate>
        <Stack sx={{ gap: 2 }}>
          <UserFields form={form} isNew />
          {create.error && (
            <ErrorState message={messageOf(create.error)} requestId={requestIdOf(create.error)} />
          )}
        </Stack>
      </form>
    </SidePanel>
  );
}
