import { Controller } from 'react-hook-form';
import { applyFieldErrors } from '../../api/formErrors';
import type { Settings } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { Link } from '../../ui/Link';
import { MenuItem, TextField } from '../../ui/mui';
import { NumberField, TextLine } from './Fields';
import { type AuditForm, auditFields, auditForm } from './forms';
import { useSetAudit } from './queries';
import { SectionForm } from './SectionForm';
import { useSection } from './useSection';

/** How long the trail is kept, and where its signed checkpoints go. */
export function AuditSection(props: { stored: Settings['audit']; mayChange: boolean }) {
  const section = useSection('audit', props.stored, auditFields, auditForm);
  const save = useSetAudit();
  const { form } = section;
  const kind = form.watch('export');
  const submit = form.handleSubmit((values: AuditForm) =>
    save.mutate(
      { ...onlyUsed(values), version: section.version },
      {
        onSuccess: section.saved,
        onError: (error) => applyFieldErrors(error, values, form.setError),
      },
    ),
  );
  return (
    <SectionForm
      title="Audit"
      mayChange={props.mayChange}
      section={section}
      save={save}
      onSubmit={submit}
    >
      <NumberField
        form={form}
        name="retention_days"
        label="Entries are kept for"
        unit="days"
        hint="30 to 3,650. Older ones are removed up to a checkpoint; what stays can still be verified."
      />
      <Controller
        name="export"
        control={form.control}
        render={({ field }) => (
          <TextField
            {...field}
            select
            disabled={!props.mayChange}
            label="Checkpoints are also written to"
            helperText="Outside of the database they show when somebody replaced the whole trail."
          >
            <MenuItem value="none">Nowhere else</MenuItem>
            <MenuItem value="file">A file</MenuItem>
            <MenuItem value="syslog">Syslog</MenuItem>
          </TextField>
        )}
      />
      {kind === 'file' && (
        <TextLine
          form={form}
          name="export_path"
          label="File"
          hint="An absolute path that ends in .log, .jsonl or .txt, best on another machine's disk."
        />
      )}
      {kind === 'syslog' && (
        <TextLine
          form={form}
          name="syslog_address"
          label="Syslog server"
          hint="udp://host:port or tcp://host:port."
        />
      )}
      <span>
        Whether the trail is whole is shown under{' '}
        <Link to={withQuery(paths.audit, { view: 'verify' })}>Audit, Verification</Link>.
      </span>
    </SectionForm>
  );
}

/** The manager takes a path only with a file and an address only with syslog. */
export function onlyUsed(values: AuditForm): AuditForm {
  return {
    ...values,
    export_path: values.export === 'file' ? values.export_path : '',
    syslog_address: values.export === 'syslog' ? values.syslog_address : '',
  };
}
