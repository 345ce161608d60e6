import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import { keys } from '../../../api/keys';
import { problemOf } from '../../../api/problem';
import type { SsoLink, User } from '../../../api/types';
import { paths } from '../../../lib/paths';
import { useUrlState } from '../../../lib/url';
import { Confirm } from '../../../ui/Confirm';
import { Alert, Box, Button } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Mono, Panel } from '../../../ui/Page';
import { Refusable } from '../../../ui/Refusable';
import { SimpleTable } from '../../../ui/SimpleTable';
import { EmptyState, ErrorState, TextSkeleton } from '../../../ui/states';
import { Time } from '../../../ui/Time';
import { useSignInMethods, useSsoLinks } from '../queries';
import { ssoErrorWords } from '../signin/reasons';

type Row = { provider_id: string; name: string; link: SsoLink | null };

/** Accounts at providers that sign this user in: linked only by an explicit act, here. */
export function SignOnsTab({ user }: { user: User }) {
  const links = useSsoLinks();
  const { providers } = useSignInMethods();
  const [get] = useUrlState();
  const error = get('sso_error');
  const problem = problemOf(links);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!links.data)
    return (
      <Panel>
        <TextSkeleton lines={4} label="Loading your linked accounts" />
      </Panel>
    );
  const rows = rowsOf(links.data.items, providers);
  return (
    <Box sx={{ display: 'grid', gap: 2 }}>
      {error && (
        <Alert severity="error" variant="outlined">
          {ssoErrorWords(error)}
        </Alert>
      )}
      <Panel title="Single sign-on" flush>
        {rows.length === 0 ? (
          <EmptyState title="No provider is set up">
            An administrator sets providers up in Settings. Then you can link your account here.
          </EmptyState>
        ) : (
          <Providers rows={rows} user={user} linked={links.data.items.length} />
        )}
      </Panel>
    </Box>
  );
}

/** All providers, and links to those that are switched off. */
export function rowsOf(links: SsoLink[], providers: { id: string; name: string }[]): Row[] {
  const offered = providers.map(({ id, name }) => ({
    provider_id: id,
    name,
    link: links.find((link) => link.provider_id === id) ?? null,
  }));
  const others = links
    .filter((link) => !providers.some(({ id }) => id === link.provider_id))
    .map((link) => ({ provider_id: link.provider_id, name: link.name, link }));
  return [...offered, ...others];
}

function Providers(props: { rows: Row[]; user: User; linked: number }) {
  const [unlinked, setUnlinked] = useState<SsoLink | null>(null);
  const link = useMutation({
    mutationFn: async (id: string) => {
      const body = { purpose: 'link', return_to: paths.profile('sign-on') } as const;
      const { authorize_url } = await call('startSso', { path: { id }, body });
      window.location.assign(authorize_url);
    },
    onError: (error) => notify(messageOf(error), 'error'),
  });
  // Without a password the last link is the only way in.
  const last = !props.user.local && props.linked === 1;
  return (
    <>
      <SimpleTable
        middle
        caption="Providers of single sign-on"
        rows={props.rows}
        rowKey={(row) => row.provider_id}
        columns={[
          { name: 'Provider', cell: (row) => row.name },
          {
            name: 'Your account there',
            cell: (row) => (row.link ? <Mono>{row.link.subject}</Mono> : 'Not linked'),
          },
          {
            name: 'Linked',
            cell: (row) => (row.link ? <Time at={row.link.linked_at} /> : ''),
          },
          {
            name: 'Actions',
            align: 'right',
            cell: (row) =>
              row.link ? (
                <Refusable
                  why={
                    last
                      ? 'You have no password: without this link you could not sign in any more.'
                      : ''
                  }
                >
                  <Button
                    color="error"
                    aria-label={`Unlink ${row.name}`}
                    disabled={last}
                    onClick={() => setUnlinked(row.link)}
                  >
                    Unlink
                  </Button>
                </Refusable>
              ) : (
                <Button
                  aria-label={`Link ${row.name}`}
                  loading={link.isPending && link.variables === row.provider_id}
                  onClick={() => link.mutate(row.provider_id)}
                >
                  Link
                </Button>
              ),
          },
        ]}
      />
      <Unlink link={unlinked} onClose={() => setUnlinked(null)} />
    </>
  );
}

function Unlink({ link, onClose }: { link: SsoLink | null; onClose: () => void }) {
  const client = useQueryClient();
  const unlink = useMutation({
    mutationFn: (provider_id: string) => call('unlinkSso', { path: { provider_id } }),
    onSuccess: async () => {
      onClose();
      notify('Account unlinked.', 'success');
      await client.invalidateQueries({ queryKey: keys.ssoLinks });
    },
  });
  return (
    <Confirm
      open={link !== null}
      title={`Unlink ${link?.name ?? ''}`}
      verb="Unlink 1 account"
      danger
      busy={unlink.isPending}
      error={unlink.error ? messageOf(unlink.error) : undefined}
      requestId={requestIdOf(unlink.error)}
      onConfirm={() => link && unlink.mutate(link.provider_id)}
      onClose={() => {
        unlink.reset();
        onClose();
      }}
    >
      {link?.name} does not sign you in here any more. You can link it again at any time.
    </Confirm>
  );
}
