import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import { keys } from '../../../api/keys';
import { problemOf } from '../../../api/problem';
import type { SessionInfo } from '../../../api/types';
import { count, listOf } from '../../../lib/words';
import { Confirm } from '../../../ui/Confirm';
import { Box, Button } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Mono, Panel } from '../../../ui/Page';
import { SimpleTable } from '../../../ui/SimpleTable';
import { StatusPill } from '../../../ui/StatusPill';
import { ErrorState, TextSkeleton } from '../../../ui/states';
import { Time } from '../../../ui/Time';
import { methodWords } from './words';

const here = { label: 'This one', tone: 'running', shape: 'play' } as const;

/** Where one is signed in, and how to end it. */
export function SessionsTab() {
  const sessions = useQuery({
    queryKey: keys.mySessions,
    queryFn: ({ signal }) => call('mySessions', { signal }),
    refetchInterval: 30_000,
  });
  const [ending, setEnding] = useState(false);
  const problem = problemOf(sessions);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!sessions.data)
    return (
      <Panel>
        <TextSkeleton lines={5} label="Loading your sessions" />
      </Panel>
    );
  const { items } = sessions.data;
  const others = items.filter((item) => !item.current).length;
  return (
    <Panel
      title={count(items.length, 'session')}
      actions={
        others > 0 && (
          <Button color="error" variant="outlined" onClick={() => setEnding(true)}>
            {others === 1 ? 'End the other' : `End the ${others} others`}
          </Button>
        )
      }
      flush
    >
      <List items={items} />
      <EndOthers open={ending} n={others} onClose={() => setEnding(false)} />
    </Panel>
  );
}

function List({ items }: { items: SessionInfo[] }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: (id: string) => call('endMySession', { path: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.mySessions }),
    onError: (error) => notify(messageOf(error), 'error'),
  });
  return (
    <SimpleTable
      middle
      caption="Your sessions"
      rows={items}
      rowKey={(item) => item.id}
      columns={[
        {
          name: 'Device',
          cell: (item) => (
            <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
              <span title={item.user_agent}>{item.device || 'Unknown device'}</span>
              {item.current && <StatusPill status={here} />}
            </Box>
          ),
        },
        { name: 'Address', cell: (item) => <Mono>{item.address}</Mono> },
        { name: 'Signed in', cell: (item) => <Time at={item.created_at} /> },
        { name: 'With', cell: (item) => listOf(item.methods.map(methodWords)) },
        { name: 'Last used', cell: (item) => <Time at={item.last_used_at} /> },
        { name: 'Ends', cell: (item) => <Time at={item.expires_at} /> },
        {
          name: 'Actions',
          align: 'right',
          cell: (item) =>
            !item.current && (
              <Button
                color="error"
                aria-label={`End the session on ${item.device} at ${item.address}`}
                loading={end.isPending && end.variables === item.id}
                onClick={() => end.mutate(item.id)}
              >
                End
              </Button>
            ),
        },
      ]}
    />
  );
}

function EndOthers(props: { open: boolean; n: number; onClose: () => void }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => call('endMyOtherSessions', {}),
    onSuccess: async ({ ended }) => {
      props.onClose();
      notify(`${count(ended, 'session')} ended.`, 'success');
      await client.invalidateQueries({ queryKey: keys.mySessions });
    },
  });
  return (
    <Confirm
      open={props.open}
      title="End all other sessions"
      verb={`End ${count(props.n, 'session')}`}
      danger
      busy={end.isPending}
      error={end.error ? messageOf(end.error) : undefined}
      requestId={requestIdOf(end.error)}
      onConfirm={() => end.mutate()}
      onClose={() => {
        end.reset();
        props.onClose();
      }}
    >
      Whoever sits there is signed out within five seconds. If one of these was not you, change your
      password too.
    </Confirm>
  );
}
