import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import { handle, state } from '../../mock/backend';
import { session } from '../api/session';
import SignInPage from '../features/auth/signin/SignInPage';
import { someUser } from './people';
import { expectAccessible, show } from './render';
import { server } from './server';

vi.mock('../api/passkeys', () => ({
  hasPasskeys: () => true,
  showPasskey: vi.fn(async () => ({ id: 'a passkey' })),
  makePasskey: vi.fn(async () => ({ id: 'a new passkey' })),
}));

const sent: { path: string; body: unknown }[] = [];
beforeEach(() => {
  sent.length = 0;
  Object.assign(state, { signedIn: false, challenge: true, sso: false, ssoOnly: false });
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      if (request.method === 'POST')
        sent.push({
          path: request.url.replace(/^.*\/api\/v1/, ''),
          body: await request.clone().json(),
        });
      return handle(request);
    }),
  );
});

async function toSecondStep(at = '/sign-in') {
  const user = userEvent.setup();
  const view = show(<SignInPage />, at);
  await user.type(screen.getByLabelText('User name'), 'kim');
  await user.type(screen.getByLabelText('Password'), 'right{Enter}');
  await screen.findByRole('heading', { name: 'Enter your code' });
  return { user, ...view };
}

it('takes a pasted code with a space and sends it by itself', async () => {
  const { user, container } = await toSecondStep();
  const box = screen.getByLabelText('Six-digit code');
  expect(box).toHaveFocus();
  expect(box).toHaveAttribute('inputmode', 'numeric');
  expect(box).toHaveAttribute('autocomplete', 'one-time-code');
  await expectAccessible(container);
  await user.paste('123 456');
  await waitFor(() => expect(session.get().status).toBe('signed_in'));
  expect(sent.filter(({ path }) => path === '/auth/login/totp')).toEqual([
    { path: '/auth/login/totp', body: { challenge: 'made-up-challenge', code: '123456' } },
  ]);
});

it('says that a code is wrong and lets the next one be typed over it', async () => {
  const { user } = await toSecondStep();
  await user.type(screen.getByLabelText('Six-digit code'), '000000');
  expect(await screen.findByText(/This code is wrong/)).toHaveAttribute('role', 'alert');
  const box = screen.getByLabelText<HTMLInputElement>('Six-digit code');
  expect([box.selectionStart, box.selectionEnd]).toEqual([0, 6]);
  await user.keyboard('654321');
  await waitFor(() => expect(session.get().status).toBe('signed_in'));
});

it('begins again with the name kept when the sign-in took too long', async () => {
  const { user } = await toSecondStep();
  await user.type(screen.getByLabelText('Six-digit code'), '111111');
  expect(await screen.findByText(/took too long/)).toBeInTheDocument();
  expect(screen.getByLabelText('User name')).toHaveValue('kim');
  expect(screen.getByLabelText('Password')).toHaveFocus();
});

it('takes a recovery code instead, and says how many are left', async () => {
  const { user } = await toSecondStep();
  await user.click(screen.getByRole('button', { name: 'Use a recovery code' }));
  await user.type(screen.getByLabelText('Recovery code'), 'wrong{Enter}');
  expect(await screen.findByText(/not one of your codes/)).toBeInTheDocument();
  await user.clear(screen.getByLabelText('Recovery code'));
  await user.type(screen.getByLabelText('Recovery code'), ' 7000-k0m4-x9pq {Enter}');
  expect(
    await screen.findByText(/This recovery code is used up; \d+ are left/),
  ).toBeInTheDocument();
  expect(sent.at(-1)?.body).toMatchObject({ code: '7000-k0m4-x9pq' });
});

it('takes a passkey as the second step, and offers it first the next time', async () => {
  const { user, unmount } = await toSecondStep();
  await user.click(screen.getByRole('button', { name: 'Use a passkey' }));
  await user.click(screen.getByRole('button', { name: 'Show my passkey' }));
  await waitFor(() => expect(session.get().status).toBe('signed_in'));
  expect(sent).toContainEqual({
    path: '/auth/login/passkey/options',
    body: { challenge: 'made-up-challenge' },
  });
  unmount();
  session.end();
  show(<SignInPage />);
  await user.type(screen.getByLabelText('User name'), 'kim');
  await user.type(screen.getByLabelText('Password'), 'right{Enter}');
  expect(await screen.findByRole('heading', { name: 'Show your passkey' })).toBeInTheDocument();
});

it('signs in with a passkey alone', async () => {
  const user = userEvent.setup();
  show(<SignInPage />);
  await user.click(screen.getByRole('button', { name: 'Use a passkey' }));
  await waitFor(() => expect(session.get().status).toBe('signed_in'));
  expect(sent.map(({ body }) => body)).toEqual([
    {},
    { ceremony: 'made-up', credential: { id: 'a passkey' } },
  ]);
});

it('counts down after too many attempts and sends nothing until then', async () => {
  const user = userEvent.setup();
  server.use(
    http.post('*/api/v1/auth/login', () =>
      HttpResponse.json(
        { error: { code: 'too_many_attempts', message: '', request_id: '' } },
        { status: 429, headers: { 'Retry-After': '2' } },
      ),
    ),
  );
  show(<SignInPage />);
  await user.type(screen.getByLabelText('User name'), 'kim');
  await user.type(screen.getByLabelText('Password'), 'guess{Enter}');
  expect(await screen.findByRole('button', { name: /Sign in \(in \d s\)/ })).toBeDisabled();
  expect(screen.getByRole('alert')).toHaveTextContent('Too many failed attempts');
  expect(await screen.findByText('You can try again now.')).toBeInTheDocument();
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeEnabled();
});

it('offers the providers, and with single sign-on only hides the password', async () => {
  const user = userEvent.setup();
  Object.assign(state, { ssoOnly: true });
  const { container } = show(
    <SignInPage />,
    '/sign-in?error=sso_no_role&return=%2Fjobs%3Fpage%3D2',
  );
  const link = await screen.findByRole('link', { name: 'Continue with Example ID' });
  expect(link).toHaveAttribute('href', '/api/v1/auth/sso/idp/start?return_to=%2Fjobs%3Fpage%3D2');
  expect(screen.getByText(/you are in none of the groups/)).toBeInTheDocument();
  expect(screen.queryByLabelText('Password')).not.toBeInTheDocument();
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: /Emergency access/ }));
  expect(screen.getByLabelText('Password')).toBeInTheDocument();
});

it('goes on with a sign-in that a provider brought back, and takes it out of the address', async () => {
  const user = userEvent.setup();
  show(
    <SignInPage />,
    '/sign-in#challenge=brought&methods=totp,recovery_code&expires_at=x&return_to=%2Fhosts',
  );
  await user.type(await screen.findByLabelText('Six-digit code'), '123456');
  await waitFor(() => expect(session.get().status).toBe('signed_in'));
  expect(sent.at(-1)?.body).toEqual({ challenge: 'brought', code: '123456' });
});

it('says why somebody who was signed in is here again', async () => {
  session.begin({ access_token: 't', expires_at: '', user: someUser() });
  session.end('ended');
  show(<SignInPage />);
  expect(screen.getByText(/Your session has ended/)).toBeInTheDocument();
});
