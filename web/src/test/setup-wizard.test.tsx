import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { beforeEach, expect, it } from 'vitest';
import { handle, state } from '../../mock/backend';
import { me } from '../../mock/me';
import { session } from '../api/session';
import { RequireUser } from '../app/Gate';
import { stepOf, stepsFor } from '../features/auth/setup/steps';
import { someUser } from './people';
import { expectAccessible, show } from './render';
import { server } from './server';

beforeEach(() => {
  Object.assign(state, { signedIn: true, mustChange: true, mustSetUpMfa: true, fresh: true });
  server.use(http.all('*/api/v1/*', ({ request }) => handle(request)));
});

function open() {
  session.begin({ access_token: 't', expires_at: '', user: me() });
  return show(
    <RequireUser>
      <p>The application</p>
    </RequireUser>,
  );
}

async function scan(user: ReturnType<typeof userEvent.setup>) {
  await screen.findByRole('img', { name: /QR code/ });
  await user.type(screen.getByLabelText('Six-digit code'), '123456');
}

it('leads from the first password over a factor and the codes into the application', async () => {
  const user = userEvent.setup();
  const saved: Blob[] = [];
  URL.createObjectURL = (blob) => {
    saved.push(blob as Blob);
    return 'blob:x';
  };
  URL.revokeObjectURL = () => undefined;
  const { container } = open();
  await user.type(await screen.findByLabelText('Current password'), 'once');
  await user.type(screen.getByLabelText('New password'), 'three quiet words');
  expect(screen.getByText('Good.')).toBeInTheDocument();
  await expectAccessible(container);
  await user.type(screen.getByLabelText('New password again'), 'three quiet words{Enter}');

  await scan(user);
  expect(await screen.findByRole('list', { name: 'Recovery codes' })).toHaveTextContent(
    '7000-k0m4-x9pq',
  );
  await expectAccessible(container);
  expect(screen.queryByText('The application')).not.toBeInTheDocument();
  const go = screen.getByRole('button', { name: 'Continue' });
  expect(go).toBeDisabled();
  await user.click(screen.getByRole('button', { name: 'Download as text' }));
  expect(saved).toHaveLength(1);
  expect(await saved[0]?.text()).toContain('7333-k9m4-x0pq');
  await user.click(screen.getByLabelText('I have kept them'));
  await user.click(go);
  await user.click(await screen.findByRole('button', { name: 'Open Patch Manager' }));
  expect(screen.getByText('The application')).toBeInTheDocument();
});

it('comes back to the step where one was after a reload', async () => {
  const user = userEvent.setup();
  state.mustChange = false;
  const first = open();
  await screen.findByRole('heading', { name: 'Set up a second factor' });
  expect(screen.getByText('Password').closest('li')).toHaveTextContent('step 1 of 4, done');
  first.unmount();
  open();
  await scan(user);
  expect(await screen.findByRole('heading', { name: 'Keep your recovery codes' })).toBeVisible();
});

it('lets nobody past while something is left, and asks only for what is', async () => {
  state.mustSetUpMfa = false;
  const user = userEvent.setup();
  open();
  await user.type(await screen.findByLabelText('Current password'), 'once');
  await user.type(screen.getByLabelText('New password'), 'short');
  await user.type(screen.getByLabelText('New password again'), 'short{Enter}');
  expect(await screen.findByText('Use at least 12 characters.')).toBeInTheDocument();
  expect(screen.getByText(/7 more characters needed/)).toBeInTheDocument();
  expect(screen.queryByText('The application')).not.toBeInTheDocument();
  await user.type(screen.getByLabelText('New password'), ' and then some');
  await user.clear(screen.getByLabelText('New password again'));
  await user.type(screen.getByLabelText('New password again'), 'short and then some{Enter}');
  expect(await screen.findByText('The application')).toBeInTheDocument();
});

it('opens in the middle of the work when an admin has reset the second factor', async () => {
  Object.assign(state, { mustChange: false, mustSetUpMfa: false });
  open();
  expect(screen.getByText('The application')).toBeInTheDocument();
  state.mustSetUpMfa = true;
  session.update(me());
  expect(await screen.findByRole('heading', { name: 'Set up a second factor' })).toBeVisible();
  await waitFor(() => expect(screen.queryByText('The application')).not.toBeInTheDocument());
});

it('knows the step from what the manager says', () => {
  const user = someUser({ must_change_password: true, must_set_up_mfa: true });
  expect(stepOf(user, null)).toBe('password');
  expect(stepOf({ ...user, must_change_password: false }, null)).toBe('factor');
  expect(stepOf(someUser(), ['a'])).toBe('codes');
  expect(stepOf(someUser(), null)).toBe('done');
  expect(stepsFor(someUser({ local: false }), 'factor').map(({ label }) => label)).toEqual([
    'Second factor',
    'Recovery codes',
    'Done',
  ]);
});
