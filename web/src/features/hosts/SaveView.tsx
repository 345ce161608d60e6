import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import type { SavedView } from '../../api/types';
import { z } from '../../lib/schema';
import { FormDialog } from '../../ui/FormDialog';
import { Checkbox, FormControlLabel, TextField } from '../../ui/mui';
import { type Shown, useCreateView, viewOf } from './views';

const viewForm = z.object({
  name: z.string().trim().min(1, 'Enter a name.').max(100, 'At most 100 characters.'),
  shared: z.boolean(),
});
type ViewForm = z.infer<typeof viewForm>;

/** Keeps the filter, the order and the columns under a name. */
export function SaveView(props: {
  shown: Shown;
  onClose: () => void;
  onSaved: (view: SavedView) => void;
}) {
  const save = useCreateView(props.onSaved);
  const { register, handleSubmit, formState, setError } = useForm<ViewForm>({
    resolver: zodResolver(viewForm),
    defaultValues: { name: '', shared: false },
  });
  const { errors } = formState;
  return (
    <FormDialog
      open
      title="Save view"
      submit="Save view"
      busy={save.isPending}
      error={save.error ? messageOf(save.error) : undefined}
      requestId={requestIdOf(save.error)}
      onClose={props.onClose}
      onSubmit={handleSubmit((form) =>
        save.mutate(
          { ...form, ...viewOf(props.shown) },
          { onError: (error) => applyFieldErrors(error, form, setError) },
        ),
      )}
    >
      <TextField
        {...register('name')}
        label="Name"
        autoFocus
        error={Boolean(errors.name)}
        helperText={errors.name?.message ?? 'Keeps the filter, the order and the columns.'}
      />
      <FormControlLabel
        control={<Checkbox {...register('shared')} />}
        label="Share with everybody; each sees only the own hosts in it"
      />
    </FormDialog>
  );
}
