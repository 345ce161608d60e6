import { useState } from 'react';
import { fieldErrors, messageOf } from '../../api/errors';
import type { Settings } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { Box, TextField } from '../../ui/mui';
import { mono } from '../../ui/tones';
import {
  type AccessForm,
  type AccessList,
  accessFields,
  accessForm,
  entriesOf,
  lineErrors,
} from './forms';
import { useSetAccess, wouldShutOut } from './queries';
import { SectionForm } from './SectionForm';
import { useSection } from './useSection';

const lists: [AccessList, string, string][] = [
  ['ui', 'Interface and API', 'Who may open this interface and call the API. Empty: everybody.'],
  ['enrollment', 'Enrollment', 'From where agents may ask to be enrolled. Empty: from everywhere.'],
  ['metrics', 'Metrics', 'Who may read /metrics. Empty: everybody.'],
  [
    'trusted_proxies',
    'Trusted proxies',
    'Proxies in front of the manager, whose X-Forwarded-For is believed. Empty: nobody is.',
  ],
];

type Change = Record<AccessList, string[]>;

function changeOf(form: AccessForm): Change {
  return {
    ui: entriesOf(form.ui),
    enrollment: entriesOf(form.enrollment),
    metrics: entriesOf(form.metrics),
    trusted_proxies: entriesOf(form.trusted_proxies),
  };
}

/** Which addresses may connect to what. */
export function AccessSection(props: { stored: Settings['access']; mayChange: boolean }) {
  const section = useSection('access', props.stored, accessFields, accessForm);
  const save = useSetAccess();
  const [risky, setRisky] = useState<Change | null>(null);
  const { form } = section;
  const send = (change: Change, shut_me_out?: boolean) =>
    save.mutate(
      { ...change, version: section.version, ...(shut_me_out ? { shut_me_out } : {}) },
      {
        onSuccess: (stored) => {
          setRisky(null);
          section.saved(stored);
        },
        onError: (error) => setRisky(wouldShutOut(error) ? change : null),
      },
    );
  const errors = fieldErrors(save.error);
  const shutsOut = wouldShutOut(save.error);
  return (
    <>
      <SectionForm
        title="Access by address"
        mayChange={props.mayChange}
        section={section}
        save={save}
        error={shutsOut ? null : save.error}
        onSubmit={form.handleSubmit((values: AccessForm) => send(changeOf(values)))}
      >
        <Box sx={{ fontSize: 13 }}>
          One address or network a line: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32. A change that would
          shut you out is asked about first and comes back by itself when you do not confirm it.
        </Box>
        {lists.map(([name, label, hint]) => (
          <ListField
            key={name}
            label={label}
            hint={hint}
            errors={shutsOut ? [] : lineErrors(name, form.watch(name), errors)}
            field={form.register(name)}
          />
        ))}
      </SectionForm>
      <Confirm
        open={risky !== null}
        title="This would shut you out"
        verb="Put it in force for 5 minutes"
        danger
        busy={save.isPending}
        onClose={() => {
          setRisky(null);
          save.reset();
        }}
        onConfirm={() => risky && send(risky, true)}
      >
        {shutsOut && messageOf(save.error)} It comes in force at once, and the lists of now come
        back in 5 minutes unless somebody confirms from an allowed address. Go on only when you can
        reach one; otherwise keep the lists and add your address.
      </Confirm>
    </>
  );
}

function ListField(props: {
  label: string;
  hint: string;
  errors: string[];
  field: ReturnType<ReturnType<typeof useSection<'access', AccessForm>>['form']['register']>;
}) {
  const wrong = props.errors.length > 0;
  return (
    <TextField
      {...props.field}
      label={props.label}
      multiline
      minRows={2}
      maxRows={12}
      error={wrong}
      helperText={
        wrong ? (
          <Box component="span" sx={{ whiteSpace: 'pre-line' }}>
            {props.errors.join('\n')}
          </Box>
        ) : (
          props.hint
        )
      }
      slotProps={{
        inputLabel: { shrink: true },
        htmlInput: { spellCheck: false, style: { fontFamily: mono, fontSize: 13 } },
      }}
    />
  );
}
