import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import { keys } from '../../../api/keys';
import { problemOf } from '../../../api/problem';
import type { ApiToken, User } from '../../../api/types';
import type { Status } from '../../../lib/status';
import { plain } from '../../../lib/words';
import { Confirm } from '../../../ui/Confirm';
import { Button } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Mono, Panel } from '../../../ui/Page';
import { SimpleTable } from '../../../ui/SimpleTable';
import { StatusPill } from '../../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../../ui/states';
import { Time, useNow } from '../../../ui/Time';
import { useGroupNames } from './groups';
import { TokenDialog } from './TokenDialog';

export function tokenState(token: ApiToken, now: Date): Status {
  if (token.revoked_at) return { label: 'Revoked', tone: 'neutral', shape: 'stop' };
  const left = new Date(token.expires_at).getTime() - now.getTime();
  if (left <= 0) return { label: 'Expired', tone: 'medium', shape: 'clock' };
  if (left < 7 * 86_400_000) return { label: 'Expires soon', tone: 'medium', shape: 'warning' };
  return { label: 'Active', tone: 'ok', shape: 'check' };
}

/** Keys with which scripts act for their owner. */
export function TokensTab({ user }: { user: User }) {
  const tokens = useQuery({
    queryKey: keys.myTokens,
    queryFn: ({ signal }) => call('myTokens', { signal }),
  });
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<ApiToken | null>(null);
  const create = (
    <Button variant="outlined" onClick={() => setMaking(true)}>
      Create a token
    </Button>
  );
  const problem = problemOf(tokens);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!tokens.data)
    return (
      <Panel>
        <TextSkeleton lines={5} label="Loading your API tokens" />
      </Panel>
    );
  const { items } = tokens.data;
  return (
    <Panel title="API tokens" actions={items.length > 0 && create} flush>
      {items.length === 0 ? (
        <EmptyState title="No API tokens yet" action={create}>
          A script signs in with a token instead of your password. It can do at most what you can,
          and it ends by itself.
        </EmptyState>
      ) : (
        <List items={items} onRevoke={setRevoked} />
      )}
      {making && <TokenDialog user={user} onClose={() => setMaking(false)} />}
      <Revoke token={revoked} onClose={() => setRevoked(null)} />
    </Panel>
  );
}

function List(props: { items: ApiToken[]; onRevoke: (token: ApiToken) => void }) {
  const now = useNow();
  const nameOf = useGroupNames();
  return (
    <SimpleTable
      middle
      caption="Your API tokens"
      rows={props.items}
      rowKey={(token) => token.id}
      columns={[
        { name: 'Name', cell: (token) => token.name },
        { name: 'State', cell: (token) => <StatusPill status={tokenState(token, now)} /> },
        {
          name: 'May',
          cell: (token) => `${plain(token.role)}${token.read_only ? ', only read' : ''}`,
        },
        {
          name: 'Hosts',
          cell: (token) => token.group_ids?.map(nameOf).join(', ') ?? 'All that you see',
        },
        {
          name: 'Last used',
          cell: (token) => (
            <>
              <Time at={token.last_used_at} />
              {token.last_used_address && (
                <>
                  {' '}
                  from <Mono>{token.last_used_address}</Mono>
                </>
              )}
            </>
          ),
        },
        { name: 'Expires', cell: (token) => <Time at={token.expires_at} /> },
        {
          name: 'Actions',
          align: 'right',
          cell: (token) =>
            !token.revoked_at &&
            new Date(token.expires_at) > now && (
              <Button
                color="error"
                aria-label={`Revoke ${token.name}`}
                onClick={() => props.onRevoke(token)}
              >
                Revoke
              </Button>
            ),
        },
      ]}
    />
  );
}

function Revoke({ token, onClose }: { token: ApiToken | null; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) => call('revokeToken', { path: { id } }),
    onSuccess: async () => {
      onClose();
      notify('Token revoked.', 'success');
      await client.invalidateQueries({ queryKey: keys.myTokens });
    },
  });
  return (
    <Confirm
      open={token !== null}
      title={`Revoke ${token?.name ?? ''}`}
      verb="Revoke 1 token"
      danger
      busy={revoke.isPending}
      error={revoke.error ? messageOf(revoke.error) : undefined}
      requestId={requestIdOf(revoke.error)}
      onConfirm={() => token && revoke.mutate(token.id)}
      onClose={() => {
        revoke.reset();
        onClose();
      }}
    >
      What uses it is refused within five seconds. This cannot be taken back.
    </Confirm>
  );
}
