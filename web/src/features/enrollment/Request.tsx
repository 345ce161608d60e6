import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { messageOf, requestIdOf } from '../../api/errors';
import { useWhyNot } from '../../api/session';
import type { Enrollment } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { FormDialog } from '../../ui/FormDialog';
import { Alert, Button, Stack, TextField } from '../../ui/mui';
import { Facts, Mono, Panel } from '../../ui/Page';
import { Refusable } from '../../ui/Refusable';
import { Time } from '../../ui/Time';
import { type DenyForm, denyForm } from './forms';
import { useApprove, useDeny } from './queries';

/** One machine's request with the evidence to compare before it is believed. */
export function Request({ request }: { request: Enrollment }) {
  const approve = useApprove();
  const why = useWhyNot('hosts.manage');
  const [asked, setAsked] = useState<'approve' | 'deny' | null>(null);
  const suspicious = request.collisions.length > 0;
  return (
    <Panel
      title={request.hostname}
      actions={
        <Stack direction="row" sx={{ gap: 1 }}>
          <Refusable why={why}>
            <Button color="error" disabled={why !== ''} onClick={() => setAsked('deny')}>
              Deny…
            </Button>
          </Refusable>
          <Refusable why={why}>
            <Button
              variant="contained"
              disabled={why !== ''}
              loading={approve.isPending}
              onClick={() => (suspicious ? setAsked('approve') : approve.mutate(request))}
            >
              {suspicious ? 'Approve…' : `Approve ${request.hostname}`}
            </Button>
          </Refusable>
        </Stack>
      }
    >
      {suspicious && (
        <Alert severity="warning" variant="outlined" sx={{ mb: 2 }}>
          {request.collisions.join(' ')}
        </Alert>
      )}
      <Facts
        items={[
          ['Name', <Mono>{request.fqdn || request.hostname}</Mono>],
          ['Came from', <Mono>{request.address_seen}</Mono>],
          [
            'Says it is',
            <>
              <Mono>
                {request.address_claimed}:{request.port}
              </Mono>
              {request.address_claimed !== request.address_seen &&
                ', another address than it came from'}
            </>,
          ],
          ['System', request.os],
          ['Machine id', <Mono>{request.machine_id}</Mono>],
          ['Key fingerprint', <Mono>{request.key_fingerprint}</Mono>],
          ['Asked', <Time at={request.requested_at} />],
        ]}
      />
      <Confirm
        open={asked === 'approve'}
        title="Approve in spite of the warning"
        verb="Approve 1 host"
        onClose={() => setAsked(null)}
        onConfirm={() => {
          setAsked(null);
          approve.mutate(request);
        }}
      >
        {request.collisions.join(' ')} Approve only if you know why:{' '}
        <strong>{request.hostname}</strong> gets a certificate and may be patched from here.
      </Confirm>
      {asked === 'deny' && <Deny request={request} onClose={() => setAsked(null)} />}
    </Panel>
  );
}

function Deny(props: { request: Enrollment; onClose: () => void }) {
  const deny = useDeny(props.onClose);
  const { register, handleSubmit, formState } = useForm<DenyForm>({
    resolver: zodResolver(denyForm),
    defaultValues: { reason: '' },
  });
  return (
    <FormDialog
      open
      title={`Deny ${props.request.hostname}`}
      submit="Deny 1 request"
      busy={deny.isPending}
      error={deny.error ? messageOf(deny.error) : undefined}
      requestId={requestIdOf(deny.error)}
      onClose={props.onClose}
      onSubmit={handleSubmit((form) => deny.mutate({ id: props.request.id, ...form }))}
    >
      The machine gets no certificate. It may ask again.
      <TextField
        {...register('reason')}
        label="Reason"
        autoFocus
        multiline
        minRows={2}
        error={Boolean(formState.errors.reason)}
        helperText={formState.errors.reason?.message}
      />
    </FormDialog>
  );
}
