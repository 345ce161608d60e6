import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { SessionInfo, UserRow } from '../../api/types';
import { can } from '../../lib/can';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { Box, Button, Tooltip } from '../../ui/mui';
import { Mono, Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useEndSession, useEndSessions, useUserSessions } from './queries';
import { methodWords } from './words';

/** Where somebody is signed in now, and how to end that. */
export function UserSessions({ user }: { user: UserRow }) {
  const sessions = useUserSessions(user.id);
  const [asked, setAsked] = useState(false);
  const mayEnd = can(useSession().user, 'users.manage');
  const problem = problemOf(sessions);
  const n = sessions.data?.items.length ?? 0;
  return (
    <Panel
      title="Sessions"
      flush
      actions={
        mayEnd &&
        n > 0 && (
          <Button color="error" variant="outlined" onClick={() => setAsked(true)}>
            End {count(n, 'session')}…
          </Button>
        )
      }
    >
      {problem && <ErrorState {...problem} onRetry={problem.retry} />}
      {!problem && !sessions.data && (
        <Box sx={{ p: 2 }}>
          <TextSkeleton lines={2} />
        </Box>
      )}
      {sessions.data &&
        (n > 0 ? (
          <List userId={user.id} items={sessions.data.items} mayEnd={mayEnd} />
        ) : (
          <Box sx={{ px: 2, pb: 2, fontSize: 13 }}>Not signed in anywhere.</Box>
        ))}
      {asked && <EndAll user={user} n={n} onClose={() => setAsked(false)} />}
    </Panel>
  );
}

function List(props: { userId: string; items: SessionInfo[]; mayEnd: boolean }) {
  const end = useEndSession(props.userId);
  return (
    <SimpleTable
      caption="Sessions"
      rows={props.items}
      rowKey={(s) => s.id}
      columns={[
        {
          name: 'Device',
          cell: (s) => (
            <Tooltip title={s.user_agent} describeChild>
              <span>
                {s.device || 'not known'}
                {s.current && ' (this one)'}
              </span>
            </Tooltip>
          ),
        },
        { name: 'Address', cell: (s) => <Mono>{s.address}</Mono> },
        { name: 'Signed in with', cell: (s) => methodWords(s.methods) },
        { name: 'Begun', cell: (s) => <Time at={s.created_at} /> },
        { name: 'Last used', cell: (s) => <Time at={s.last_used_at} /> },
        { name: 'Ends', cell: (s) => <Time at={s.expires_at} /> },
        {
          name: 'Action',
          align: 'right',
          cell: (s) =>
            props.mayEnd && (
              <Button
                color="error"
                aria-label={`End session ${s.device} ${s.address}`}
                disabled={end.isPending && end.variables === s.id}
                onClick={() => end.mutate(s.id)}
              >
                End
              </Button>
            ),
        },
      ]}
    />
  );
}

function EndAll(props: { user: UserRow; n: number; onClose: () => void }) {
  const end = useEndSessions(props.user.id, props.onClose);
  return (
    <Confirm
      open
      title="End all sessions"
      verb={`End ${count(props.n, 'session')}`}
      danger
      busy={end.isPending}
      error={end.error ? messageOf(end.error) : undefined}
      requestId={requestIdOf(end.error)}
      onClose={props.onClose}
      onConfirm={() => end.mutate()}
    >
      <strong>{props.user.username}</strong> is signed out everywhere within 5 seconds and may sign
      in again. API tokens go on working.
    </Confirm>
  );
}
