import { zodResolver } from '@hookform/resolvers/zod';
import { Controller, useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { applyFieldErrors } from '../../api/formErrors';
import { useAllGroups } from '../../api/groups';
import { paths } from '../../lib/paths';
import { FormDialog } from '../../ui/FormDialog';
import { LinkButton } from '../../ui/LinkButton';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '../../ui/mui';
import { Mono } from '../../ui/Page';
import { PickMany } from '../../ui/PickMany';
import { WordsField } from '../../ui/WordsField';
import { useRegisterHost } from './care';
import { type RegisterForm, registerForm } from './careForms';

const empty: RegisterForm = {
  address: '',
  name: '',
  port: '',
  group_ids: [],
  labels: [],
  note: '',
};

/** Makes one host known before its agent enrolls. */
export function RegisterHost({ onClose }: { onClose: () => void }) {
  const save = useRegisterHost();
  const groups = useAllGroups();
  const { register, control, handleSubmit, formState, setError } = useForm<RegisterForm>({
    resolver: zodResolver(registerForm),
    defaultValues: empty,
  });
  const { errors } = formState;
  if (save.data) return <Registered {...save.data} onClose={onClose} />;
  const submit = (form: RegisterForm) =>
    save.mutate(form, {
      // Without a name of its own the one text is the name, and what is wrong is said of that.
      onError: (error) =>
        applyFieldErrors(error, form, (field: keyof RegisterForm, refusal) =>
          setError(field === 'name' && !form.name ? 'address' : field, refusal),
        ),
    });
  return (
    <FormDialog
      open
      title="Register a host"
      submit="Register 1 host"
      busy={save.isPending}
      error={save.error ? messageOf(save.error) : undefined}
      requestId={requestIdOf(save.error)}
      onClose={onClose}
      onSubmit={handleSubmit(submit)}
    >
      <Stack direction="row" sx={{ gap: 2 }}>
        <TextField
          {...register('address')}
          label="Host name or address"
          autoFocus
          fullWidth
          error={Boolean(errors.address)}
          helperText={errors.address?.message ?? 'A name is looked up at once. IPv4 or IPv6.'}
        />
        <TextField
          {...register('port')}
          label="Port"
          placeholder="12443"
          sx={{ width: 120 }}
          error={Boolean(errors.port)}
          helperText={errors.port?.message}
          slotProps={{ htmlInput: { inputMode: 'numeric' }, inputLabel: { shrink: true } }}
        />
      </Stack>
      <TextField
        {...register('name')}
        label="Name shown here"
        error={Boolean(errors.name?.message)}
        helperText={errors.name?.message ?? 'Empty: the host name, or what the agent calls itself.'}
      />
      <Controller
        name="group_ids"
        control={control}
        render={({ field }) => (
          <PickMany
            label="Groups"
            options={groups.data?.items ?? []}
            loading={groups.isPending}
            value={field.value}
            onChange={field.onChange}
            error={Boolean(errors.group_ids)}
            helper={errors.group_ids?.message}
          />
        )}
      />
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
      <TextField
        {...register('note')}
        label="Note"
        multiline
        minRows={2}
        error={Boolean(errors.note)}
        helperText={errors.note?.message ?? 'What people should know before they work on it.'}
      />
    </FormDialog>
  );
}

function Registered(props: {
  host: { id: string; name: string; address: string; port: number };
  resolved: string[];
  onClose: () => void;
}) {
  const { host, resolved } = props;
  return (
    <Dialog open onClose={props.onClose} maxWidth="sm" fullWidth>
      <DialogTitle>{host.name} is registered</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          <span>
            Its agent is expected at <Mono>{host.address}</Mono>, port {host.port}.
          </span>
          {resolved.length > 1 && (
            <span>
              The name servers answer <Mono>{resolved.join(', ')}</Mono>; the first usable address
              was taken. Change it on the page of the host if another one is right.
            </span>
          )}
          <Alert severity="info" variant="outlined">
            Run the enrollment command on it: “Add host” shows it. The agent found there becomes
            this host and keeps its groups, labels and note.
          </Alert>
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>Close</Button>
        <LinkButton variant="outlined" to={paths.host(host.id)}>
          Open {host.name}
        </LinkButton>
        <LinkButton variant="contained" to={paths.addHost}>
          Show the command
        </LinkButton>
      </DialogActions>
    </Dialog>
  );
}
