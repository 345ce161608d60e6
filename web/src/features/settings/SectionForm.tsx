import { useMutation } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { Alert, Box, Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ErrorState } from '../../ui/states';
import { isConflict } from './queries';

/** The part of [useSection] and of the save that the frame needs. */
type Section = {
  form: { formState: { isDirty: boolean } };
  changedMeanwhile: boolean;
  discard: () => void;
  takeOver: () => Promise<void>;
};
type Save = { isPending: boolean; error: unknown; reset: () => void };

/** The frame of a section: fields, what went wrong, save and discard. Auditors only read. */
export function SectionForm(props: {
  title: string;
  mayChange: boolean;
  section: Section;
  save: Save;
  /** Instead of that of the save: some refusals are asked about, not shown. */
  error?: unknown;
  onSubmit: (event: FormEvent) => void;
  children: ReactNode;
}) {
  const { section, save } = props;
  const dirty = section.form.formState.isDirty;
  const error = props.error === undefined ? save.error : props.error;
  const conflict = isConflict(error) || section.changedMeanwhile;
  const discard = () => {
    save.reset();
    section.discard();
  };
  const takeOver = async () => {
    await section.takeOver();
    save.reset();
  };
  return (
    <Box sx={{ maxWidth: 720 }}>
      <Panel title={props.title}>
        <form onSubmit={props.onSubmit} noValidate aria-label={props.title}>
          <Stack
            component="fieldset"
            disabled={!props.mayChange}
            sx={{ gap: 2.5, border: 0, m: 0, p: 0 }}
          >
            {props.children}
            {conflict && <Conflict onTakeOver={takeOver} />}
            {Boolean(error) && !conflict && (
              <ErrorState message={messageOf(error)} requestId={requestIdOf(error)} />
            )}
            {props.mayChange ? (
              <Stack direction="row" sx={{ gap: 1, justifyContent: 'flex-end' }}>
                <Button onClick={discard} disabled={!dirty || save.isPending}>
                  Discard
                </Button>
                <Button
                  type="submit"
                  variant="contained"
                  disabled={!dirty}
                  loading={save.isPending}
                >
                  Save
                </Button>
              </Stack>
            ) : (
              <Box sx={{ fontSize: 13, color: 'text.secondary' }}>
                Your role may read the settings. Only admins change them.
              </Box>
            )}
          </Stack>
        </form>
      </Panel>
    </Box>
  );
}

function Conflict({ onTakeOver }: { onTakeOver: () => Promise<void> }) {
  const load = useMutation({ mutationFn: onTakeOver });
  return (
    <Alert
      severity="warning"
      variant="outlined"
      action={
        <Button color="inherit" loading={load.isPending} onClick={() => load.mutate()}>
          Load theirs, keep my edits
        </Button>
      }
    >
      Somebody else has changed these settings since you opened them. Nothing was saved; look at
      theirs and save again.
      {load.error && <div>{messageOf(load.error)}</div>}
    </Alert>
  );
}
