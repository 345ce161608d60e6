import { useState } from 'react';
import { messageOf } from '../../api/errors';
import type { Enrollment } from '../../api/types';
import { paths } from '../../lib/paths';
import { CommandBlock } from '../../ui/Copy';
import { LinkButton } from '../../ui/LinkButton';
import {
  Box,
  Button,
  CircularProgress,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  FormControlLabel,
  Radio,
  RadioGroup,
  Stack,
} from '../../ui/mui';
import { StatusMark } from '../../ui/StatusPill';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { enrollCommand } from './command';
import { useApprove, useArrivals, useCA, useCreateToken, useJoinedHost } from './queries';

/** Leads a machine in, from the command to paste until it has answered. */
export function AddHost({ onClose }: { onClose: () => void }) {
  const [way, setWay] = useState<'approve' | 'token'>('approve');
  const ca = useCA();
  const token = useCreateToken();
  // A minute back: the clock of this browser and that of the manager may differ a little.
  const [since] = useState(() => new Date(Date.now() - 60_000).toISOString());
  const choose = (next: 'approve' | 'token') => {
    setWay(next);
    if (next === 'token' && !token.data && !token.isPending)
      token.mutate({ note: 'Add host', uses: 1, expires_in_hours: 1 });
  };
  const waitsForToken = way === 'token' && !token.data;
  return (
    <Dialog open onClose={onClose} maxWidth="md" fullWidth>
      <DialogTitle>Add a host</DialogTitle>
      <DialogContent>
        <Box component="ol" sx={{ m: 0, pl: 2.5, display: 'grid', gap: 2.5 }}>
          <li>
            Install the package <code>patch-agent</code> on the machine.
          </li>
          <li>
            Choose how it is let in.
            <RadioGroup
              value={way}
              onChange={(e) => choose(e.target.value as 'approve' | 'token')}
              aria-label="How it is let in"
            >
              <FormControlLabel
                value="approve"
                control={<Radio size="small" />}
                label="I look at its request and approve it here"
              />
              <FormControlLabel
                value="token"
                control={<Radio size="small" />}
                label="A token approves it: one use, ends in one hour"
              />
            </RadioGroup>
          </li>
          <li>
            <Stack sx={{ gap: 1 }}>
              Run this there. It refuses every manager but this one.
              {token.error && way === 'token' && (
                <ErrorState message={messageOf(token.error)} onRetry={() => choose('token')} />
              )}
              {ca.error && (
                <ErrorState message={messageOf(ca.error)} onRetry={() => void ca.refetch()} />
              )}
              {ca.data && !waitsForToken ? (
                <CommandBlock
                  label="Enroll command"
                  text={enrollCommand(ca.data, way === 'token' ? token.data?.token : undefined)}
                />
              ) : (
                !ca.error && !token.error && <TextSkeleton lines={2} />
              )}
            </Stack>
          </li>
          <li>
            <Arrivals since={since} />
          </li>
        </Box>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}

function Arrivals({ since }: { since: string }) {
  const arrivals = useArrivals(since);
  const items = arrivals.data ?? [];
  return (
    <Stack sx={{ gap: 1 }} role="status">
      {items.length === 0 && (
        <Line waiting>Waiting for a machine to ask. This page notices by itself.</Line>
      )}
      {items.map((request) => (
        <Arrival key={request.id} request={request} />
      ))}
    </Stack>
  );
}

function Arrival({ request }: { request: Enrollment }) {
  const approve = useApprove();
  const joined = useJoinedHost(request.status === 'approved' ? request.host_id : '');
  if (request.status === 'denied')
    return (
      <Line mark="cross">
        {request.hostname} was denied: {request.reason}
      </Line>
    );
  if (request.status === 'expired') {
    return (
      <Line mark="cross">
        The request of {request.hostname} was not decided in time; enroll again.
      </Line>
    );
  }
  if (request.status === 'pending') {
    return (
      <Line mark="clock">
        {request.hostname} asks from {request.address_seen}. Key{' '}
        {request.key_fingerprint.slice(0, 23)}…
        {request.collisions.length > 0 ? (
          <LinkButton to={paths.enrollment}>Look at the warning</LinkButton>
        ) : (
          <Button
            variant="contained"
            sx={{ ml: 1 }}
            loading={approve.isPending}
            onClick={() => approve.mutate(request)}
          >
            Approve {request.hostname}
          </Button>
        )}
      </Line>
    );
  }
  if (!joined.data?.last_seen_at)
    return <Line waiting>{request.hostname} is approved; waiting for its agent to answer.</Line>;
  return (
    <Line mark="check">
      {request.hostname} has joined.{' '}
      <LinkButton to={paths.host(joined.data.id)} variant="contained" sx={{ ml: 1 }}>
        Open {request.hostname}
      </LinkButton>
    </Line>
  );
}

const marks = {
  check: { label: 'Done', tone: 'ok', shape: 'check' },
  clock: { label: 'Waiting', tone: 'paused', shape: 'clock' },
  cross: { label: 'Denied', tone: 'critical', shape: 'cross' },
} as const;

function Line(props: { mark?: keyof typeof marks; waiting?: boolean; children: React.ReactNode }) {
  return (
    <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
      {props.waiting ? (
        <CircularProgress size={14} aria-hidden />
      ) : (
        <StatusMark status={marks[props.mark ?? 'clock']} />
      )}
      <span>{props.children}</span>
    </Box>
  );
}
