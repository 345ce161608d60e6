import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { Route, Routes } from 'react-router';
import { beforeEach, expect, it, vi } from 'vitest';
import { handle, state } from '../../mock/backend';
import { me, mfa } from '../../mock/me';
import { session } from '../api/session';
import { Preferences } from '../app/Preferences';
import ProfilePage from '../features/auth/profile/ProfilePage';
import { StepUpDialog } from '../features/auth/stepup/StepUpDialog';
import { exact, zone } from '../lib/dates';
import { expectAccessible, show } from './render';
import { server } from './server';

vi.mock('../api/passkeys', () => ({
  hasPasskeys: () => true,
  showPasskey: vi.fn(async () => ({ id: 'a passkey' })),
  makePasskey: vi.fn(async () => ({ id: 'a new passkey' })),
}));

const sent: { call: string; body: unknown }[] = [];
beforeEach(() => {
  sent.length = 0;
  Object.assign(state, {
    signedIn: true,
    mustChange: false,
    mustSetUpMfa: false,
    fresh: true,
    empty: false,
    role: 'admin',
    sso: true,
  });
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      const text = await request.clone().text();
      sent.push({
        call: `${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`,
        body: text ? JSON.parse(text) : null,
      });
      return handle(request);
    }),
  );
  session.begin({ access_token: 't', expires_at: '', user: me() });
});

function open(tab = '') {
  return show(
    <>
      <Preferences />
      <Routes>
        <Route path="/profile/:tab?" element={<ProfilePage />} />
      </Routes>
      <StepUpDialog />
    </>,
    `/profile/${tab}`,
  );
}
const bodyOf = (wanted: string) => sent.findLast(({ call }) => call === wanted)?.body;

it('shows all times in the chosen zone at once, and keeps it with the manager', async () => {
  const user = userEvent.setup();
  const { container } = open();
  await expectAccessible(container);
  const box = screen.getByLabelText('Time zone');
  await user.clear(box);
  await user.type(box, 'kathmandu');
  await user.click(await screen.findByRole('option', { name: /Kathmandu/ }));
  await waitFor(() => expect(zone.get()).toBe('Asia/Kathmandu'));
  expect(exact(new Date('2026-11-23T02:00:05Z'))).toBe('2026-11-23 07:45:05');
  expect(bodyOf('PATCH /auth/me')).toEqual({ time_zone: 'Asia/Kathmandu' });
  await user.clear(box);
  await user.type(box, 'as the browser');
  await user.click(await screen.findByRole('option', { name: /As the browser/ }));
  await waitFor(() => expect(bodyOf('PATCH /auth/me')).toEqual({ time_zone: '' }));
});

it('keeps the theme, the name and the address', async () => {
  const user = userEvent.setup();
  open();
  await user.click(screen.getByRole('combobox', { name: 'Theme' }));
  await user.click(await screen.findByRole('option', { name: 'Light' }));
  await waitFor(() => expect(bodyOf('PATCH /auth/me')).toEqual({ theme: 'light' }));
  expect(document.documentElement).toHaveAttribute('data-theme', 'light');
  const email = screen.getByLabelText('E-mail');
  await user.clear(email);
  await user.type(email, 'nobody{Enter}');
  expect(await screen.findByText('This is not an e-mail address.')).toBeInTheDocument();
  await user.type(email, '@example.com{Enter}');
  await waitFor(() =>
    expect(bodyOf('PATCH /auth/me')).toEqual({
      display_name: 'Administrator',
      email: 'nobody@example.com',
    }),
  );
  expect(session.get().user?.email).toBe('nobody@example.com');
});

it('adds, renames and removes passkeys, and does not give the last factor away', async () => {
  const user = userEvent.setup();
  const { container } = open('factors');
  await screen.findByText('Work laptop');
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Add a passkey' }));
  const name = await screen.findByLabelText('Name of the passkey');
  await user.clear(name);
  await user.type(name, 'Blue key{Enter}');
  await screen.findByText('Blue key');
  expect(bodyOf('POST /auth/mfa/passkeys')).toMatchObject({
    name: 'Blue key',
    ceremony: 'made-up',
  });

  await user.click(await screen.findByRole('button', { name: 'Rename Blue key' }));
  const rename = await screen.findByLabelText('Name');
  await user.clear(rename);
  await user.type(rename, 'Green key{Enter}');
  await screen.findByText('Green key');

  mfa.totp = null;
  for (const each of ['Work laptop', 'Security key in the safe']) {
    await user.click(await screen.findByRole('button', { name: `Remove ${each}` }));
    await user.click(await screen.findByRole('button', { name: 'Remove 1 passkey' }));
    await waitFor(() => expect(screen.queryByText(each)).not.toBeInTheDocument());
  }
  expect(await screen.findByRole('button', { name: 'Remove Green key' })).toBeDisabled();
  expect(screen.getByRole('group', { name: /your only second factor/ })).toBeInTheDocument();
  mfa.totp = { confirmed_at: new Date().toISOString() };
});

it('asks for the second factor before new recovery codes, and shows them once', async () => {
  state.fresh = false;
  const user = userEvent.setup();
  open('factors');
  await user.click(await screen.findByRole('button', { name: 'Make new codes' }));
  await user.click(await screen.findByRole('button', { name: 'Make 10 new codes' }));
  await user.type(await screen.findByLabelText('Code of your authenticator app'), '123456');
  const codes = await screen.findByRole('list', { name: 'Recovery codes' });
  expect(within(codes).getAllByRole('listitem')).toHaveLength(10);
  await user.keyboard('{Escape}');
  expect(codes).toBeInTheDocument();
  await user.click(screen.getByLabelText('I have kept them'));
  await user.click(screen.getByRole('button', { name: 'Done' }));
  await waitFor(() => expect(codes).not.toBeInTheDocument());
});

it('makes a token that is shown once, with at most the own role', async () => {
  state.role = 'operator';
  session.begin({ access_token: 't', expires_at: '', user: me() });
  const user = userEvent.setup();
  const { container } = open('tokens');
  await screen.findByText('Nightly inventory');
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Create a token' }));
  await user.type(await screen.findByLabelText('What uses it'), 'Pipeline');
  await user.click(screen.getByRole('combobox', { name: 'Role' }));
  expect((await screen.findAllByRole('option')).map((each) => each.textContent)).toEqual([
    'Operator',
  ]);
  await user.keyboard('{Escape}');
  const days = screen.getByLabelText('Ends after days');
  await user.clear(days);
  await user.type(days, '400');
  await user.click(screen.getByRole('button', { name: 'Create' }));
  expect(await screen.findByText(/At most 365 days/)).toBeInTheDocument();
  await user.clear(days);
  await user.type(days, '30');
  await user.click(screen.getByRole('button', { name: 'Create' }));
  expect(await screen.findByLabelText('Token')).toHaveTextContent(/^pmt_/);
  expect(bodyOf('POST /auth/tokens')).toEqual({
    name: 'Pipeline',
    role: 'operator',
    read_only: true,
    group_ids: null,
    expires_in_days: 30,
  });
  await user.click(screen.getByRole('button', { name: 'I have copied it' }));
  await waitFor(() => expect(screen.queryByLabelText('Token')).not.toBeInTheDocument());
});

it('ends one session, then all others', async () => {
  const user = userEvent.setup();
  const { container } = open('sessions');
  await screen.findByText('Firefox on Linux');
  await expectAccessible(container);
  expect(screen.queryByRole('button', { name: /End the session on Firefox/ })).toBeNull();
  await user.click(screen.getByRole('button', { name: /End the session on Safari on iPhone/ }));
  await waitFor(() => expect(screen.queryByText('Safari on iPhone')).not.toBeInTheDocument());
  await user.click(screen.getByRole('button', { name: 'End the other' }));
  await user.click(await screen.findByRole('button', { name: 'End 1 session' }));
  expect(await screen.findByText('1 session ended.')).toBeInTheDocument();
});

it('unlinks an account at a provider, and says why linking failed', async () => {
  const user = userEvent.setup();
  const { container } = open('sign-on?sso_error=sso_already_linked');
  expect(await screen.findByText(/belongs to another user here/)).toBeInTheDocument();
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Unlink Example ID' }));
  await user.click(await screen.findByRole('button', { name: 'Unlink 1 account' }));
  expect(await screen.findByText('Not linked')).toBeInTheDocument();
});
