import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { useMay } from '../../api/session';
import type { Host } from '../../api/types';
import { FormDialog } from '../../ui/FormDialog';
import { Box, Button, TextField } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Panel } from '../../ui/Page';
import { Time } from '../../ui/Time';
import { useUpdateHost } from './care';
import { type NoteForm, noteForm } from './careForms';

/** What people should know before they work on this host, and who wrote it when. */
export function HostNote({ host }: { host: Host }) {
  const [editing, setEditing] = useState(false);
  const mayWrite = useMay('fleet.operate');
  return (
    <Panel
      title="Maintenance note"
      actions={
        mayWrite && (
          <Button variant="outlined" onClick={() => setEditing(true)}>
            {host.note ? 'Edit note' : 'Write a note'}
          </Button>
        )
      }
    >
      {host.note ? (
        <Box sx={{ fontSize: 13, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {host.note}
        </Box>
      ) : (
        <Box sx={{ fontSize: 13 }}>Nothing to know before working on this host.</Box>
      )}
      {host.note_at && (
        <Box sx={{ fontSize: 12, color: 'text.secondary', mt: 1 }}>
          {host.note ? 'Written' : 'Taken away'} by {host.note_by}, <Time at={host.note_at} />
        </Box>
      )}
      {editing && <Edit host={host} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function Edit({ host, onClose }: { host: Host; onClose: () => void }) {
  const save = useUpdateHost(host.id, () => {
    notify(`The note of ${host.name} was saved.`, 'success');
    onClose();
  });
  const { register, handleSubmit, formState } = useForm<NoteForm>({
    resolver: zodResolver(noteForm),
    defaultValues: { note: host.note },
  });
  const { errors } = formState;
  return (
    <FormDialog
      open
      title={`Note on ${host.name}`}
      submit="Save"
      busy={save.isPending}
      error={save.error ? messageOf(save.error) : undefined}
      requestId={requestIdOf(save.error)}
      onClose={onClose}
      onSubmit={handleSubmit((form) => save.mutate(form))}
    >
      <TextField
        {...register('note')}
        label="Note"
        multiline
        minRows={4}
        autoFocus
        error={Boolean(errors.note)}
        helperText={errors.note?.message ?? 'Everybody who sees the host reads it. Empty: none.'}
      />
    </FormDialog>
  );
}
