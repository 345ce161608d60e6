import { zodResolver } from '@hookform/resolvers/zod';
import { type FieldPath, useForm } from 'react-hook-form';
import { fieldErrors, messageOf, requestIdOf } from '../../api/errors';
import type { Provider } from '../../api/types';
import { Alert, Box, Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ErrorState } from '../../ui/states';
import { Connection, Rights } from './ProviderFields';
import {
  fieldsOf,
  formPath,
  inputOf,
  type ProviderFormValues,
  providerForm,
} from './providerValues';
import { useSaveProvider } from './queries';

/** One provider. A new one is saved switched off: the test comes first. */
export function ProviderForm(props: {
  provider: Provider | undefined;
  redirectUri: string;
  mayChange: boolean;
  onClose: () => void;
  onSaved: (provider: Provider) => void;
}) {
  const { provider, mayChange } = props;
  const save = useSaveProvider(provider?.id);
  const form = useForm<ProviderFormValues>({
    resolver: zodResolver(providerForm),
    defaultValues: fieldsOf(provider),
  });
  const submit = form.handleSubmit((values) =>
    save.mutate(inputOf(values, provider), {
      onSuccess: props.onSaved,
      onError: (error) => {
        for (const [field, message] of Object.entries(fieldErrors(error))) {
          form.setError(formPath(field) as FieldPath<ProviderFormValues>, { message });
        }
      },
    }),
  );
  return (
    <Box sx={{ maxWidth: 760 }}>
      <Panel title={provider ? provider.name : 'New provider'}>
        <form onSubmit={submit} noValidate aria-label="Provider">
          <Stack
            component="fieldset"
            disabled={!mayChange}
            sx={{ gap: 2.5, border: 0, m: 0, p: 0 }}
          >
            {provider?.enabled && mayChange && (
              <Alert severity="warning" variant="outlined">
                This provider is enabled: what you save is in force at once. Keep a way in, such as
                your password, until you have tested it.
              </Alert>
            )}
            <Connection
              form={form}
              hasSecret={provider?.has_secret ?? false}
              redirectUri={props.redirectUri}
            />
            <Rights form={form} mayChange={mayChange} />
            {save.error && (
              <ErrorState message={messageOf(save.error)} requestId={requestIdOf(save.error)} />
            )}
          </Stack>
          <Stack direction="row" sx={{ gap: 1, justifyContent: 'flex-end', mt: 2.5 }}>
            <Button onClick={props.onClose}>{mayChange ? 'Cancel' : 'Back'}</Button>
            {mayChange && (
              <Button type="submit" variant="contained" loading={save.isPending}>
                Save and test
              </Button>
            )}
          </Stack>
        </form>
      </Panel>
    </Box>
  );
}
