import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Provider } from '../../api/types';
import type { Status } from '../../lib/status';
import { useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { Box, Button, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Mono, Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { ProviderForm } from './ProviderForm';
import { useDeleteProvider, useEnableProvider, useProviders } from './queries';
import { TestConnection } from './TestConnection';

const on: Status = { label: 'Enabled', tone: 'ok', shape: 'check' };
const off: Status = { label: 'Off', tone: 'neutral', shape: 'stop' };

/** Through which providers people sign in, and does it work? */
export function SsoSection({ mayChange }: { mayChange: boolean }) {
  const [get, set] = useUrlState();
  const providers = useProviders();
  const problem = problemOf(providers);
  const [testing, setTesting] = useState<Provider | null>(null);
  const items = providers.data?.items ?? [];
  const open = get('provider');
  const edited = items.find((p) => p.id === open);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!providers.data)
    return (
      <Panel>
        <TextSkeleton lines={5} />
      </Panel>
    );
  const close = () => set({ provider: undefined });
  const add = mayChange && (
    <Button variant="contained" onClick={() => set({ provider: 'new' }, true)}>
      Add provider
    </Button>
  );
  return (
    <>
      {edited || (open === 'new' && mayChange) ? (
        <ProviderForm
          key={open}
          provider={edited}
          redirectUri={providers.data.redirect_uri}
          mayChange={mayChange}
          onClose={close}
          onSaved={(saved) => {
            close();
            setTesting(saved);
          }}
        />
      ) : (
        <Panel title="Providers" flush actions={items.length > 0 ? add : undefined}>
          {items.length > 0 ? (
            <List
              items={items}
              mayChange={mayChange}
              onOpen={(provider) => set({ provider: provider.id }, true)}
              onTest={setTesting}
            />
          ) : (
            <EmptyState title="No provider" action={add}>
              People then sign in with the password that they have here. A provider is any OpenID
              Connect service, such as Microsoft Entra ID (Azure AD) or Keycloak.
            </EmptyState>
          )}
        </Panel>
      )}
      {testing && (
        <TestConnection
          provider={items.find((p) => p.id === testing.id) ?? testing}
          onClose={() => setTesting(null)}
        />
      )}
    </>
  );
}

function List(props: {
  items: Provider[];
  mayChange: boolean;
  onOpen: (provider: Provider) => void;
  onTest: (provider: Provider) => void;
}) {
  const [asked, setAsked] = useState<['disable' | 'delete', Provider] | null>(null);
  return (
    <>
      <SimpleTable
        caption="Providers"
        rows={props.items}
        rowKey={(p) => p.id}
        columns={[
          { name: 'Name', cell: (p) => p.name },
          { name: 'State', cell: (p) => <StatusPill status={p.enabled ? on : off} /> },
          {
            name: 'Provider',
            cell: (p) => (
              <>
                {p.kind === 'azure' ? 'Azure AD, tenant ' : 'OpenID Connect, '}
                <Mono>{p.kind === 'azure' ? p.tenant_id : p.issuer}</Mono>
              </>
            ),
          },
          { name: 'Mappings', align: 'right', cell: (p) => p.mappings.length },
          {
            name: 'New users',
            cell: (p) => (p.create_users ? 'get an account' : 'are refused'),
          },
          {
            name: 'Actions',
            align: 'right',
            cell: (p) => <Actions provider={p} {...props} onAsk={(what) => setAsked([what, p])} />,
          },
        ]}
      />
      <Box sx={{ px: 2, py: 1, fontSize: 13, color: 'text.secondary' }}>
        {count(props.items.filter((p) => p.enabled).length, 'provider')} on the sign-in page.
      </Box>
      {asked?.[0] === 'disable' && <Disable provider={asked[1]} onClose={() => setAsked(null)} />}
      {asked?.[0] === 'delete' && <Delete provider={asked[1]} onClose={() => setAsked(null)} />}
    </>
  );
}

function Actions(props: {
  provider: Provider;
  mayChange: boolean;
  onOpen: (provider: Provider) => void;
  onTest: (provider: Provider) => void;
  onAsk: (what: 'disable' | 'delete') => void;
}) {
  const { provider } = props;
  return (
    <Stack direction="row" sx={{ gap: 0.5, justifyContent: 'flex-end' }}>
      {props.mayChange && (
        <Button
          aria-label={`${provider.enabled ? 'Test' : 'Test and enable'}… ${provider.name}`}
          title={provider.enabled ? undefined : 'It can be enabled when the test has succeeded.'}
          onClick={() => props.onTest(provider)}
        >
          {provider.enabled ? 'Test…' : 'Test and enable…'}
        </Button>
      )}
      <Button
        aria-label={`${props.mayChange ? 'Edit' : 'Show'} ${provider.name}`}
        onClick={() => props.onOpen(provider)}
      >
        {props.mayChange ? 'Edit' : 'Show'}
      </Button>
      {props.mayChange && (
        <Button
          color="error"
          aria-label={`${provider.enabled ? 'Turn off' : 'Delete'}… ${provider.name}`}
          onClick={() => props.onAsk(provider.enabled ? 'disable' : 'delete')}
        >
          {provider.enabled ? 'Turn off…' : 'Delete…'}
        </Button>
      )}
    </Stack>
  );
}

function Disable({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const change = useEnableProvider(provider.id, () => {
    notify(`${provider.name} is off.`, 'success');
    onClose();
  });
  return (
    <Confirm
      open
      title="Turn off"
      verb="Turn off 1 provider"
      danger
      busy={change.isPending}
      error={change.error ? messageOf(change.error) : undefined}
      requestId={requestIdOf(change.error)}
      onClose={onClose}
      onConfirm={() => change.mutate(false)}
    >
      <strong>{provider.name}</strong> leaves the sign-in page. Who has no password here cannot sign
      in until it is enabled again; sessions that are open go on.
    </Confirm>
  );
}

function Delete({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const remove = useDeleteProvider(provider.id, () => {
    notify(`${provider.name} was deleted.`, 'success');
    onClose();
  });
  return (
    <Confirm
      open
      title="Delete provider"
      verb="Delete 1 provider"
      danger
      typed={provider.name}
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      requestId={requestIdOf(remove.error)}
      onClose={onClose}
      onConfirm={() => remove.mutate()}
    >
      <strong>{provider.name}</strong> is deleted together with all links of users to it. The users
      stay; they have to link themselves anew if it comes back.
    </Confirm>
  );
}
