import { Controller } from 'react-hook-form';
import { applyFieldErrors } from '../../api/formErrors';
import type { Settings } from '../../api/types';
import { Alert, MenuItem, TextField } from '../../ui/mui';
import { NumberField, SwitchField } from './Fields';
import { type SecurityForm, securityFields, securityForm } from './forms';
import { useLocalAdmins, useProviders, useSetSecurity } from './queries';
import { SectionForm } from './SectionForm';
import { useSection } from './useSection';

type Props = { stored: Settings['security']; mayChange: boolean };

/** How people sign in, for how long, and when they have to prove it again. */
export function SecuritySection({ stored, mayChange }: Props) {
  const section = useSection('security', stored, securityFields, securityForm);
  const save = useSetSecurity();
  const { form } = section;
  const submit = form.handleSubmit((values: SecurityForm) =>
    save.mutate(
      { ...values, version: section.version },
      {
        onSuccess: section.saved,
        onError: (error) => applyFieldErrors(error, values, form.setError),
      },
    ),
  );
  return (
    <SectionForm
      title="Security"
      mayChange={mayChange}
      section={section}
      save={save}
      onSubmit={submit}
    >
      <NumberField
        form={form}
        name="session_hours"
        label="A session lasts at most"
        unit="hours"
        hint="1 to 168. After that everybody signs in again, whatever they do."
      />
      <NumberField
        form={form}
        name="idle_minutes"
        label="An unused session ends after"
        unit="minutes"
        hint="5 to 720."
      />
      <NumberField
        form={form}
        name="step_up_minutes"
        label="A second factor counts as fresh for"
        unit="minutes"
        hint="1 to 60. Dangerous acts ask for it again after that."
      />
      <NumberField
        form={form}
        name="step_up_hosts"
        label="A big job has more than"
        unit="hosts"
        hint="1 to 10,000. Ordering a big job needs a fresh second factor."
      />
      <SwitchField
        form={form}
        name="ungrouped_visible"
        label="Operators see hosts that are in no group"
        hint="Off: only admins and auditors see them until somebody puts them into a group."
      />
      <PasswordOff form={form} mayChange={mayChange} />
    </SectionForm>
  );
}

type Form = ReturnType<typeof useSection<'security', SecurityForm>>['form'];

/** Passwords can only be switched off while somebody can still come in without the provider. */
function PasswordOff({ form, mayChange }: { form: Form; mayChange: boolean }) {
  const admins = useLocalAdmins();
  const providers = useProviders();
  const off = form.watch('password_off');
  const error = form.formState.errors.break_glass?.message;
  const chosen = form.watch('break_glass');
  const names = [...new Set([...(admins.data ?? []).map((u) => u.username), chosen])].filter(
    Boolean,
  );
  return (
    <>
      <SwitchField
        form={form}
        name="password_off"
        label="Single sign-on only"
        hint="On: no password signs anybody in, except that of the one admin below."
      />
      {off && providers.data && !providers.data.items.some((p) => p.enabled) && (
        <Alert severity="warning" variant="outlined">
          No provider is enabled: nobody but the admin below could sign in.
        </Alert>
      )}
      <Controller
        name="break_glass"
        control={form.control}
        render={({ field }) => (
          <TextField
            {...field}
            select
            disabled={!mayChange}
            label="Break-glass admin"
            error={Boolean(error)}
            helperText={
              error ??
              'A local admin whose password works also then: for the day the provider is down.'
            }
            slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
          >
            <MenuItem value="">Nobody</MenuItem>
            {names.map((name) => (
              <MenuItem key={name} value={name}>
                {name}
              </MenuItem>
            ))}
          </TextField>
        )}
      />
    </>
  );
}
