import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { Route } from 'react-router';
import { beforeEach, expect, it, vi } from 'vitest';
import { handle, state } from '../../mock/backend';
import { settings } from '../../mock/settings';
import { session } from '../api/session';
import type { Session } from '../api/types';
import AuditPage from '../features/audit/AuditPage';
import GroupPage from '../features/groups/GroupPage';
import GroupsPage from '../features/groups/GroupsPage';
import HostsPage from '../features/hosts/HostsPage';
import { AccessBanner } from '../features/settings/AccessBanner';
import SettingsPage from '../features/settings/SettingsPage';
import UserPage from '../features/users/UserPage';
import UsersPage from '../features/users/UsersPage';
import { expectAccessible, openAt, place } from './render';
import { server } from './server';

/** The administration against the made-up manager; every call is seen. */
const calls: string[] = [];
const bodies: Record<string, unknown> = {};
beforeEach(() => {
  calls.length = 0;
  Object.assign(state, { signedIn: true, mustChange: false, empty: false, failing: '' });
  signInAs('admin');
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      const name = `${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`;
      calls.push(name);
      if (request.method !== 'GET')
        bodies[name] = await request
          .clone()
          .json()
          .catch(() => null);
      return handle(request);
    }),
  );
});

function signInAs(role: 'admin' | 'operator' | 'auditor') {
  state.role = role;
  session.begin({ access_token: 'x', expires_at: '', user: { id: 'U', role } } as Session);
}

const made = (prefix: string, n: number) => `01K${prefix}${String(n).padStart(22, '0')}`;

function open(at: string) {
  return openAt(
    at,
    <>
      <Route path="/hosts" element={<HostsPage />} />
      <Route path="/users" element={<UsersPage />} />
      <Route path="/users/:id" element={<UserPage />} />
      <Route path="/groups" element={<GroupsPage />} />
      <Route path="/groups/:id/:tab?" element={<GroupPage />} />
      <Route path="/audit" element={<AuditPage />} />
      <Route path="/settings/:section?" element={<SettingsPage />} />
    </>,
    <AccessBanner />,
  );
}

const wrote = () => calls.filter((name) => !name.startsWith('GET'));

it('lets the manager filter users by what the address says', async () => {
  const { container } = open('/users?role=operator&status=locked&page_size=25&q=night');
  expect(await screen.findByRole('link', { name: 'ops-night' })).toBeInTheDocument();
  expect(calls).toContain(
    'GET /users?q=night&role=operator&status=locked&sort=username&order=asc&page=1&page_size=25',
  );
  await expectAccessible(container);
});

it('makes a user, puts a refusal at its field, and shows the password once', async () => {
  const user = userEvent.setup();
  open('/users');
  await user.click(await screen.findByRole('button', { name: 'New user' }));
  const panel = await screen.findByRole('dialog', { name: 'New user' });
  await user.click(within(panel).getByRole('button', { name: 'Make user' }));
  expect(await within(panel).findByText('Enter a user name.')).toBeInTheDocument();
  expect(wrote()).toEqual([]);
  await user.type(within(panel).getByLabelText('User name'), 'admin');
  await user.click(within(panel).getByRole('button', { name: 'Make user' }));
  expect(await within(panel).findByText(/There is a user of this name/)).toBeInTheDocument();
  await user.clear(within(panel).getByLabelText('User name'));
  await user.type(within(panel).getByLabelText('User name'), 'example');
  await user.click(within(panel).getByRole('button', { name: 'Make user' }));
  const shown = await screen.findByRole('dialog', { name: 'The new user' });
  await expectAccessible(shown);
  expect(within(shown).getByLabelText('One-time password')).toHaveTextContent(/\S{12}/);
  // Escape would lose it for good.
  await user.keyboard('{Escape}');
  expect(screen.getByRole('dialog', { name: 'The new user' })).toBeInTheDocument();
  await user.click(within(shown).getByRole('button', { name: 'I have copied it' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it('says why nobody disables the own account, and what to do instead', async () => {
  const user = userEvent.setup();
  const { container } = open(`/users/${made('U', 1)}`);
  await screen.findByRole('table', { name: 'Sessions' });
  await screen.findByRole('table', { name: 'API tokens' });
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Disable…' }));
  await user.click(await screen.findByRole('button', { name: 'Disable 1 user' }));
  expect(await screen.findByText(/Ask another admin to do it/)).toBeInTheDocument();
});

it('deletes a user only after the name was typed, and sends only what was changed', async () => {
  const user = userEvent.setup();
  open(`/users/${made('U', 2)}`);
  await user.click(await screen.findByRole('button', { name: 'Edit' }));
  const panel = await screen.findByRole('dialog', { name: /Edit/ });
  await user.clear(within(panel).getByLabelText('Name'));
  await user.type(within(panel).getByLabelText('Name'), 'Web people');
  await user.click(within(panel).getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(bodies[`PATCH /users/${made('U', 2)}`]).toEqual({ display_name: 'Web people' }),
  );
  await user.click(await screen.findByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete user…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete user' });
  expect(within(dialog).getByRole('button', { name: 'Delete 1 user' })).toBeDisabled();
  await user.type(within(dialog).getByLabelText(/Type ops-web/), 'ops-web');
  expect(within(dialog).getByRole('button', { name: 'Delete 1 user' })).toBeEnabled();
});

it('lets auditors look at everything and offers them no change', async () => {
  signInAs('auditor');
  const users = open('/users?new=1');
  await screen.findByRole('link', { name: 'admin' });
  expect(screen.queryByRole('button', { name: 'New user' })).not.toBeInTheDocument();
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
  users.unmount();
  const one = open(`/users/${made('U', 1)}`);
  await screen.findByRole('table', { name: 'Sessions' });
  for (const name of ['Edit', 'More', /End/, /Revoke/])
    expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
  one.unmount();
  open('/settings/security');
  expect(await screen.findByText(/Only admins change them/)).toBeInTheDocument();
  expect(screen.getByLabelText('A session lasts at most')).toBeDisabled();
  expect(screen.queryByRole('button', { name: 'Save' })).not.toBeInTheDocument();
});

it('links the numbers of a group to exactly what they count', async () => {
  const { container } = open('/groups');
  const link = await screen.findByRole('link', { name: /hosts in Web servers/ });
  expect(link).toHaveAttribute('href', `/hosts?group_id=${made('G', 1)}`);
  const answer = await handle(new Request(`http://x/api/v1/hosts?group_id=${made('G', 1)}`));
  expect(((await answer.json()) as { total: number }).total).toBe(Number(link.textContent));
  await expectAccessible(container);
});

it('says who loses sight of what before a group goes', async () => {
  const user = userEvent.setup();
  open('/groups');
  await user.click(await screen.findByRole('button', { name: 'Delete group Web servers' }));
  const dialog = await screen.findByRole('dialog', { name: 'Delete group' });
  expect(
    await within(dialog).findByText(/\d+ operators lose sight of \d+ hosts/),
  ).toBeInTheDocument();
  expect(within(dialog).getByRole('button', { name: 'Delete 1 group' })).toBeDisabled();
  expect(wrote()).toEqual([]);
});

it('adds chosen hosts to a group, but none that is in it', async () => {
  const user = userEvent.setup();
  open(`/groups/${made('G', 5)}`);
  const [add] = await screen.findAllByRole('button', { name: 'Add hosts' });
  await user.click(add as HTMLElement);
  const panel = await screen.findByRole('dialog', { name: /Add hosts to Retired/ });
  const row = (await within(panel).findByText('app01')).closest('[role="row"]') as HTMLElement;
  await user.click(within(row).getByRole('checkbox'));
  await expectAccessible(panel);
  await user.click(within(panel).getByRole('button', { name: 'Add 1 host' }));
  await waitFor(() => expect(wrote()).toEqual([`POST /groups/${made('G', 5)}/hosts`]));
  expect(await screen.findByRole('link', { name: 'app01' })).toBeInTheDocument();
  await user.click(screen.getAllByRole('button', { name: 'Add hosts' })[0] as HTMLElement);
  const again = await screen.findByRole('dialog', { name: /Add hosts to Retired/ });
  const same = (await within(again).findByText('app01')).closest('[role="row"]') as HTMLElement;
  expect(within(same).getByRole('checkbox')).toBeDisabled();
});

it('keeps the other members when one is removed', async () => {
  const user = userEvent.setup();
  const { container } = open(`/groups/${made('G', 2)}/members`);
  await screen.findByRole('table', { name: 'Members' });
  await expectAccessible(container);
  const rows = screen.getAllByRole('button', { name: /Remove member/ }).length;
  await user.click(screen.getByRole('button', { name: 'Remove member ops-db' }));
  await user.click(await screen.findByRole('button', { name: 'Remove 1 member' }));
  await waitFor(() => expect(wrote()).toHaveLength(1));
  const sent = bodies[`PUT /groups/${made('G', 2)}/members`] as { user_ids: string[] };
  expect(sent.user_ids).toHaveLength(rows - 1);
  expect(sent.user_ids).not.toContain(made('U', 3));
});

it('adds the chosen hosts of the list to a group', async () => {
  const user = userEvent.setup();
  open('/hosts?q=mail');
  await user.click(await screen.findByRole('checkbox', { name: /select all/i }));
  await user.click(await screen.findByRole('button', { name: 'Add to group…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Add to group' });
  await user.click(within(dialog).getByRole('combobox', { name: 'Group' }));
  await user.click(await screen.findByRole('option', { name: 'Databases' }));
  await user.click(within(dialog).getByRole('button', { name: /^Add \d+ hosts$/ }));
  await waitFor(() => expect(wrote()).toEqual(['POST /hosts/bulk/groups']));
  expect(bodies['POST /hosts/bulk/groups']).toMatchObject({ add: [made('G', 2)] });
});

it('names refused addresses by their line, and asks before somebody shuts themselves out', async () => {
  const user = userEvent.setup();
  const { container } = open('/settings/access');
  const ui = await screen.findByLabelText('Interface and API');
  await user.type(ui, '198.51.100.0/24{Enter}{Enter}here');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/Line 3, here:/)).toBeInTheDocument();
  await expectAccessible(container);
  await user.clear(ui);
  await user.type(ui, '198.51.100.0/24');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  const dialog = await screen.findByRole('dialog', { name: 'This would shut you out' });
  expect(dialog).toHaveTextContent('Your address 192.0.2.40');
  await user.click(within(dialog).getByRole('button', { name: /Put it in force/ }));
  expect(await screen.findByRole('timer')).toHaveTextContent(/come back in [45]:\d\d/);
  expect(bodies['PUT /settings/access']).toMatchObject({ shut_me_out: true });
  await user.click(screen.getByRole('button', { name: 'Keep the new addresses' }));
  await waitFor(() => expect(screen.queryByRole('timer')).not.toBeInTheDocument());
  expect(wrote().at(-1)).toBe('POST /settings/access/confirm');
});

it('never overwrites what somebody else stored, and loses no edit', async () => {
  const user = userEvent.setup();
  open('/settings/security');
  const idle = await screen.findByLabelText('An unused session ends after');
  await user.clear(idle);
  await user.type(idle, '45');
  // Meanwhile another admin stores another field.
  settings.security = {
    ...settings.security,
    session_hours: 8,
    version: settings.security.version + 1,
  };
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await user.click(await screen.findByRole('button', { name: 'Load theirs, keep my edits' }));
  await waitFor(() => expect(screen.getByLabelText('A session lasts at most')).toHaveValue('8'));
  expect(idle).toHaveValue('45');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(settings.security).toMatchObject({ idle_minutes: 45, session_hours: 8 }),
  );
});

it('does not switch passwords off without a break-glass admin', async () => {
  const user = userEvent.setup();
  open('/settings/security');
  await user.click(await screen.findByRole('switch', { name: 'Single sign-on only' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText(/Choose the admin who can still come in/)).toBeInTheDocument();
  expect(wrote()).toEqual([]);
});

it('saves a provider switched off, tests it, and enables it only then', async () => {
  const user = userEvent.setup();
  const popup = vi.spyOn(window, 'open').mockReturnValue({} as Window);
  open('/settings/sso');
  await user.click(await screen.findByRole('button', { name: 'Add provider' }));
  const form = await screen.findByRole('form', { name: 'Provider' });
  await expectAccessible(form);
  await user.type(within(form).getByLabelText('Name'), 'Other');
  await user.type(within(form).getByLabelText('Issuer'), 'https://other.example.com');
  await user.type(within(form).getByLabelText('Client id'), 'pm');
  await user.type(within(form).getByLabelText('Client secret'), 'example-secret');
  await user.click(within(form).getByRole('button', { name: 'Save and test' }));
  const dialog = await screen.findByRole('dialog', { name: 'Test Other' });
  expect(bodies['POST /sso/providers']).toMatchObject({
    enabled: false,
    client_secret: 'example-secret',
  });
  expect(within(dialog).queryByRole('button', { name: /Enable/ })).not.toBeInTheDocument();
  await user.click(within(dialog).getByRole('button', { name: 'Test connection' }));
  const steps = await within(dialog).findByRole('list', { name: 'Steps of the test' });
  expect(popup).toHaveBeenCalledOnce();
  await waitFor(() => expect(steps).toHaveTextContent('Read its keys: OK'));
  await expectAccessible(dialog);
  await user.click(await within(dialog).findByRole('button', { name: 'Enable Other' }));
  await waitFor(() => expect(wrote().at(-1)).toMatch(/^PATCH \/sso\/providers\//));
});

it('shows the step at which a test failed, and does not offer to enable', async () => {
  const user = userEvent.setup();
  vi.spyOn(window, 'open').mockReturnValue(null);
  open('/settings/sso');
  await user.click(await screen.findByRole('button', { name: /Test and enable.*Test provider/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Test Test provider' });
  await user.click(within(dialog).getByRole('button', { name: 'Test connection' }));
  expect(
    await within(dialog).findByText('The browser did not allow the window.'),
  ).toBeInTheDocument();
  expect(await within(dialog).findByText(/invalid_client/)).toBeInTheDocument();
  expect(within(dialog).queryByRole('button', { name: /^Enable/ })).not.toBeInTheDocument();
});

it('filters the trail by the address and proves an entry in the browser', async () => {
  const user = userEvent.setup();
  const { container } = open('/audit?action=user.&actor_id=x&target_id=y&page=2');
  expect(await screen.findByText('No entry matches')).toBeInTheDocument();
  expect(calls).toContain('GET /audit?action=user.&actor_id=x&target_id=y&page=2&page_size=50');
  await user.click(screen.getByRole('button', { name: 'Clear the filter' }));
  expect(place.address).toBe('/audit');
  const [details] = await screen.findAllByRole('button', { name: /Details of entry/ });
  await expectAccessible(container);
  await user.click(details as HTMLElement);
  const panel = await screen.findByRole('dialog');
  await user.click(within(panel).getByRole('button', { name: /Prove/ }));
  expect(await within(panel).findByText(/^Entry 640 is in the trail\.$/)).toBeInTheDocument();
  await expectAccessible(panel);
});

it('exports what the filter matches, with the access token', async () => {
  const user = userEvent.setup();
  const asked: string[] = [];
  URL.createObjectURL = vi.fn(() => 'blob:x');
  URL.revokeObjectURL = vi.fn();
  server.use(
    http.get('*/api/v1/audit/export', ({ request }) => {
      asked.push(new URL(request.url).search, request.headers.get('Authorization') ?? '');
      return HttpResponse.text('{}');
    }),
  );
  open('/audit?action=job.&address=192.0.2.40');
  await user.click(await screen.findByRole('button', { name: 'Export what matches' }));
  await user.click(await screen.findByRole('menuitem', { name: /CSV/ }));
  await waitFor(() =>
    expect(asked).toEqual(['?action=job.&address=192.0.2.40&format=csv', 'Bearer x']),
  );
});

it('verifies the trail with progress until it is done', async () => {
  const user = userEvent.setup();
  const { container } = open('/audit?view=verify');
  await screen.findByRole('table', { name: 'Verifications' });
  expect(screen.getByText(/The trail is intact: all 588 entries/)).toBeInTheDocument();
  await screen.findByLabelText('Verifier key');
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Verify now' }));
  expect(await screen.findByRole('progressbar', { name: /verification/ })).toBeInTheDocument();
  expect(await screen.findByText(/The trail is intact: all 640 entries/)).toBeInTheDocument();
  expect(screen.queryByRole('progressbar')).not.toBeInTheDocument();
});

it.each([
  ['/users', '/users'],
  ['/groups', '/groups'],
  ['/audit', '/audit'],
  ['/settings', '/settings'],
  ['/settings/sso', '/sso'],
])('says what failed on %s and how to go on', async (at, failing) => {
  state.failing = failing;
  open(at);
  expect((await screen.findAllByText('The database does not answer.')).length).toBeGreaterThan(0);
  expect(screen.getAllByRole('button', { name: 'Try again' }).length).toBeGreaterThan(0);
});
