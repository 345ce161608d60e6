import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { count } from '../../lib/words';
import { FormDialog } from '../../ui/FormDialog';
import { TextField } from '../../ui/mui';
import type { BulkProps } from './bulkProps';
import { useBulk } from './care';
import { type NoteForm, noteForm } from './careForms';
import { UnderWay } from './UnderWay';

/** Writes one note on the chosen hosts. */
export function BulkNote({ target, n, onDone, onClose }: BulkProps) {
  const run = useBulk('noteHosts', target, (result) => onDone('Wrote the note on', result));
  const { register, handleSubmit, formState } = useForm<NoteForm>({
    resolver: zodResolver(noteForm),
    defaultValues: { note: '' },
  });
  const { errors } = formState;
  return (
    <FormDialog
      open
      title="Maintenance note"
      submit={`Write on ${count(n, 'host')}`}
      busy={run.isPending}
      error={run.error ? messageOf(run.error) : undefined}
      requestId={requestIdOf(run.error)}
      onClose={onClose}
      onSubmit={handleSubmit((form) => run.mutate(form))}
    >
      <TextField
        {...register('note')}
        label="Note"
        multiline
        minRows={3}
        autoFocus
        error={Boolean(errors.note)}
        helperText={
          errors.note?.message ?? 'Takes the place of the notes they have. Empty: takes them away.'
        }
      />
      <UnderWay n={n} busy={run.isPending} />
    </FormDialog>
  );
}
