import { useState } from 'react';
import { problemOf } from '../../api/problem';
import { useMay, useWhyNot } from '../../api/session';
import type { EnrollmentToken } from '../../api/types';
import { Button } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { Refusable } from '../../ui/Refusable';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time, useNow } from '../../ui/Time';
import { useRevokeToken, useTokens } from './queries';
import { TokenDialog } from './TokenDialog';
import { tokenStatus } from './tokenStatus';

/** Tokens approve requests without a person looking: few uses and a near end keep that small. */
export function Tokens() {
  const tokens = useTokens();
  const [open, setOpen] = useState(false);
  const why = useWhyNot('hosts.manage');
  const problem = problemOf(tokens);
  return (
    <>
      <Panel
        title="Enrollment tokens"
        flush
        actions={
          <Refusable why={why}>
            <Button variant="outlined" disabled={why !== ''} onClick={() => setOpen(true)}>
              New token
            </Button>
          </Refusable>
        }
      >
        {problem && <ErrorState {...problem} onRetry={problem.retry} />}
        {!problem && !tokens.data && <TextSkeleton lines={4} />}
        {tokens.data &&
          (tokens.data.items.length > 0 ? <List items={tokens.data.items} /> : <NoTokens />)}
      </Panel>
      {open && <TokenDialog onClose={() => setOpen(false)} />}
    </>
  );
}

const NoTokens = () => (
  <EmptyState title="No tokens">
    A token lets a machine join without waiting for approval: for scripts and images.
  </EmptyState>
);

function List({ items }: { items: EnrollmentToken[] }) {
  const now = useNow();
  const revoke = useRevokeToken();
  const mayRevoke = useMay('hosts.manage');
  return (
    <SimpleTable
      caption="Enrollment tokens"
      rows={items}
      rowKey={(t) => t.id}
      columns={[
        { name: 'Note', cell: (t) => t.note || 'no note' },
        { name: 'State', cell: (t) => <StatusPill status={tokenStatus(t, now)} /> },
        { name: 'Used', align: 'right', cell: (t) => `${t.used} of ${t.uses}` },
        { name: 'Ends', cell: (t) => <Time at={t.expires_at} /> },
        {
          name: 'Made',
          cell: (t) => (
            <>
              <Time at={t.created_at} /> by {t.created_by}
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
                aria-label={`Revoke token ${t.note}`}
                onClick={() => revoke.mutate(t.id)}
              >
                Revoke
              </Button>
            ),
        },
      ]}
    />
  );
}
