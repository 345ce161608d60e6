import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { groupNames, useAllGroups } from '../../api/groups';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { ApiToken, UserRow } from '../../api/types';
import { can } from '../../lib/can';
import { listOf } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { Box, Button } from '../../ui/mui';
import { Mono, Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { Time, useNow } from '../../ui/Time';
import { useRevokeUserToken, useUserTokens } from './queries';
import { roleName, tokenStatus } from './words';

/** What scripts act in somebody's name, and how to stop them. */
export function UserTokens({ user }: { user: UserRow }) {
  const tokens = useUserTokens(user.id);
  const problem = problemOf(tokens);
  return (
    <Panel title="API tokens" flush>
      {problem && <ErrorState {...problem} onRetry={problem.retry} />}
      {!problem && !tokens.data && (
        <Box sx={{ p: 2 }}>
          <TextSkeleton lines={2} />
        </Box>
      )}
      {tokens.data &&
        (tokens.data.items.length > 0 ? (
          <List user={user} items={tokens.data.items} />
        ) : (
          <Box sx={{ px: 2, pb: 2, fontSize: 13 }}>
            None. People make their own tokens on their profile page.
          </Box>
        ))}
    </Panel>
  );
}

function List({ user, items }: { user: UserRow; items: ApiToken[] }) {
  const now = useNow();
  const groups = useAllGroups().data?.items;
  const mayRevoke = can(useSession().user, 'users.manage');
  const [asked, setAsked] = useState<ApiToken | null>(null);
  return (
    <>
      <SimpleTable
        caption="API tokens"
        rows={items}
        rowKey={(t) => t.id}
        columns={[
          { name: 'Name', cell: (t) => t.name },
          { name: 'State', cell: (t) => <StatusPill status={tokenStatus(t, now)} /> },
          {
            name: 'May',
            cell: (t) => `${roleName(t.role)}${t.read_only ? ', read only' : ''}`,
          },
          {
            name: 'Groups',
            cell: (t) => (t.group_ids ? listOf(groupNames(t.group_ids, groups)) : "the user's"),
          },
          { name: 'Ends', cell: (t) => <Time at={t.expires_at} /> },
          {
            name: 'Last used',
            cell: (t) => (
              <>
                <Time at={t.last_used_at} />
                {t.last_used_address && (
                  <>
                    {' '}
                    from <Mono>{t.last_used_address}</Mono>
                  </>
                )}
              </>
            ),
          },
          {
            name: 'Action',
            align: 'right',
            cell: (t) =>
              mayRevoke &&
              tokenStatus(t, now).label === 'Works' && (
                <Button
                  color="error"
                  aria-label={`Revoke token ${t.name}`}
                  onClick={() => setAsked(t)}
                >
                  Revoke…
                </Button>
              ),
          },
        ]}
      />
      {asked && <Revoke user={user} token={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Revoke(props: { user: UserRow; token: ApiToken; onClose: () => void }) {
  const revoke = useRevokeUserToken(props.user.id, props.onClose);
  return (
    <Confirm
      open
      title="Revoke token"
      verb="Revoke 1 token"
      danger
      busy={revoke.isPending}
      error={revoke.error ? messageOf(revoke.error) : undefined}
      requestId={requestIdOf(revoke.error)}
      onClose={props.onClose}
      onConfirm={() => revoke.mutate(props.token.id)}
    >
      Whatever uses <strong>{props.token.name}</strong> of {props.user.username} is refused within 5
      seconds. A revoked token does not come back.
    </Confirm>
  );
}
