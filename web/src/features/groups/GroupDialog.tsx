import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import type { Group } from '../../api/types';
import { z } from '../../lib/schema';
import { FormDialog } from '../../ui/FormDialog';
import { TextField } from '../../ui/mui';
import { useSaveGroup } from './queries';

const groupForm = z.object({
  name: z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.'),
  description: z.string().trim().max(1000, 'At most 1000 characters.'),
});
type GroupForm = z.infer<typeof groupForm>;

/** Makes a group, or renames one. */
export function GroupDialog(props: {
  group?: Group;
  onClose: () => void;
  onSaved: (id: string) => void;
}) {
  const { group } = props;
  const save = useSaveGroup(group?.id, props.onSaved);
  const { register, handleSubmit, formState, setError } = useForm<GroupForm>({
    resolver: zodResolver(groupForm),
    defaultValues: { name: group?.name ?? '', description: group?.description ?? '' },
  });
  const { errors } = formState;
  return (
    <FormDialog
      open
      title={group ? `Edit ${group.name}` : 'New group'}
      submit={group ? 'Save' : 'Make group'}
      busy={save.isPending}
      error={save.error ? messageOf(save.error) : undefined}
      requestId={requestIdOf(save.error)}
      onClose={props.onClose}
      onSubmit={handleSubmit((form) =>
        save.mutate(form, { onError: (error) => applyFieldErrors(error, form, setError) }),
      )}
    >
      <TextField
        {...register('name')}
        label="Name"
        autoFocus
        error={Boolean(errors.name)}
        helperText={errors.name?.message}
      />
      <TextField
        {...register('description')}
        label="Description"
        multiline
        minRows={2}
        error={Boolean(errors.description)}
        helperText={errors.description?.message ?? 'What these hosts have in common.'}
      />
    </FormDialog>
  );
}
