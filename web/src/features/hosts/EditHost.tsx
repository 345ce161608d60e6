import { zodResolver } from '@hookform/resolvers/zod';
import { Controller, useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import type { Host, HostChange } from '../../api/types';
import { FormDialog } from '../../ui/FormDialog';
import { Stack, TextField } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { WordsField } from '../../ui/WordsField';
import { useUpdateHost } from './care';
import { type EditForm, editForm } from './careForms';
import { labelText, parseLabel } from './labels';

/** Only what differs is sent: what somebody else changes meanwhile stays. */
export function changeOf(host: Host, form: EditForm): HostChange {
  const labels = host.labels.map(labelText);
  const same =
    labels.length === form.labels.length && labels.every((text) => form.labels.includes(text));
  return {
    ...(form.name !== host.name && { name: form.name }),
    ...(form.address !== host.address && { address: form.address }),
    ...(Number(form.port) !== host.port && { port: Number(form.port) }),
    ...(!same && { labels: form.labels.map(parseLabel) }),
  };
}

/** Changes what people say of a host; which machine it is says its enrollment. */
export function EditHost({ host, onClose }: { host: Host; onClose: () => void }) {
  const save = useUpdateHost(host.id, () => {
    notify(`${host.name} was saved.`, 'success');
    onClose();
  });
  const { register, control, handleSubmit, formState, setError } = useForm<EditForm>({
    resolver: zodResolver(editForm),
    defaultValues: {
      name: host.name,
      address: host.address,
      port: String(host.port),
      labels: host.labels.map(labelText),
    },
  });
  const { errors } = formState;
  const submit = (form: EditForm) =>
    save.mutate(changeOf(host, form), {
      onError: (error) => applyFieldErrors(error, form, setError),
    });
  return (
    <FormDialog
      open
      title={`Edit ${host.name}`}
      submit="Save"
      busy={save.isPending}
      error={save.error ? messageOf(save.error) : undefined}
      requestId={requestIdOf(save.error)}
      onClose={onClose}
      onSubmit={handleSubmit(submit)}
    >
      <TextField
        {...register('name')}
        label="Name shown here"
        autoFocus
        error={Boolean(errors.name)}
        helperText={errors.name?.message ?? 'A name of yours stays when the host enrolls again.'}
      />
      <Stack direction="row" sx={{ gap: 2 }}>
        <TextField
          {...register('address')}
          label="Address"
          fullWidth
          error={Boolean(errors.address)}
          helperText={
            errors.address?.message ??
            'Where its agent is asked; at a new one at once. A name is looked up.'
          }
        />
        <TextField
          {...register('port')}
          label="Port"
          sx={{ width: 120 }}
          error={Boolean(errors.port)}
          helperText={errors.port?.message}
          slotProps={{ htmlInput: { inputMode: 'numeric' } }}
        />
      </Stack>
      <Controller
        name="labels"
        control={control}
        render={({ field }) => (
          <WordsField
            label="Labels"
            value={field.value}
            onChange={field.onChange}
            error={Boolean(errors.labels)}
            helper={errors.labels?.message ?? 'key=value, ended with Enter.'}
          />
        )}
      />
    </FormDialog>
  );
}
