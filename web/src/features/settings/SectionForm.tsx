import { useMutation } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { Alert, Box, Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ErrorState } from '../../ui/states';
import { isConflict } from './queries';

/** The frame of a section: fields, what went wrong, save and discard. Auditors only read. */
export function SectionForm(props: {
  title: string;
  mayChange: boolean;
  dirty: boolean;
  busy: boolean;
  error: unknown;
  changedMeanwhile: boolean;
  onSubmit: (event: FormEvent) => void;
  onDiscard: () => void;
  onTakeOver: () => Promise<void>;
  children: ReactNode;
}) {
  const conflict = isConflict(props.error) || props.changedMeanwhile;
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
            {conflict && <Conflict onTakeOver={props.onTakeOver} />}
            {Boolean(props.error) && !conflict && (
              <ErrorState message={messageOf(props.error)} requestId={requestIdOf(props.error)} />
            )}
            {props.mayChange ? (
              <Stack direction="row" sx={{ gap: 1, justifyContent: 'flex-end' }}>
                <Button onClick={props.onDiscard} disabled={!props.dirty || props.busy}>
                  Discard
                </Button>
                <Button
                  type="submit"
                  variant="contained"
                  disabled={!props.dirty}
                  loading={props.busy}
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
