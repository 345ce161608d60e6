import { act, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { HttpResponse, http } from 'msw';
import { beforeEach, expect, it, vi } from 'vitest';
import { handle, state } from '../../mock/backend';
import { call, download } from '../api/client';
import { messageOf } from '../api/errors';
import { session } from '../api/session';
import { StepUpDialog } from '../features/auth/stepup/StepUpDialog';
import { isCalm } from '../lib/calm';
import { someUser } from './people';
import { expectAccessible, show } from './render';
import { server } from './server';

const calls: string[] = [];
beforeEach(() => {
  calls.length = 0;
  Object.assign(state, { signedIn: true, mustChange: false, mustSetUpMfa: false, fresh: false });
  session.begin({ access_token: 't', expires_at: '', user: someUser() });
  server.use(
    http.all('*/api/v1/*', ({ request }) => {
      calls.push(`${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`);
      return handle(request);
    }),
  );
});

const renew = () => call('renewRecoveryCodes', {});
const times = (wanted: string) => calls.filter((each) => each === wanted).length;

it('asks once for all calls that wait, then repeats each of them', async () => {
  const user = userEvent.setup();
  show(<StepUpDialog />);
  let answers: Promise<unknown[]> = Promise.resolve([]);
  act(() => {
    answers = Promise.all([renew(), renew()]);
  });
  const dialog = await screen.findByRole('dialog', { name: 'Confirm that it is you' });
  const box = await screen.findByLabelText('Code of your authenticator app');
  await waitFor(() => expect(box).toHaveFocus());
  await expectAccessible(dialog);
  await user.type(box, '000000');
  expect(await screen.findByText(/This code is wrong/)).toBeInTheDocument();
  expect(dialog).toBeInTheDocument();
  await user.keyboard('123456');
  await expect(answers).resolves.toHaveLength(2);
  expect(times('POST /auth/mfa/recovery-codes')).toBe(4);
  expect(times('POST /auth/step-up/totp')).toBe(2);
  await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
});

it('says calmly that nothing was changed when the person gives up', async () => {
  const user = userEvent.setup();
  show(<StepUpDialog />);
  let answer: Promise<unknown> = Promise.resolve();
  act(() => {
    answer = renew().catch((error: unknown) => error);
  });
  await screen.findByLabelText('Code of your authenticator app');
  await user.keyboard('{Escape}');
  const message = messageOf(await answer);
  expect(message).toBe('Nothing was changed: you did not confirm that it is you.');
  expect(isCalm(message)).toBe(true);
  expect(times('POST /auth/mfa/recovery-codes')).toBe(1);
});

it('gives the refusal itself where nobody can be asked', async () => {
  await expect(renew()).rejects.toMatchObject({ status: 403, code: 'step_up_required' });
});

it('asks for a download too', async () => {
  const user = userEvent.setup();
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  server.use(
    http.get('*/api/v1/secret.txt', () =>
      state.fresh
        ? HttpResponse.text('secret')
        : HttpResponse.json(
            { error: { code: 'step_up_required', message: '', request_id: '' } },
            { status: 403 },
          ),
    ),
  );
  show(<StepUpDialog />);
  let saved: Promise<void> = Promise.resolve();
  act(() => {
    saved = download('/api/v1/secret.txt', 'secret.txt');
  });
  await user.type(await screen.findByLabelText('Code of your authenticator app'), '123456');
  await expect(saved).resolves.toBeUndefined();
});

it('waits for the window of a provider, and passes on why it refused', async () => {
  const user = userEvent.setup();
  const popup = { location: { href: '' }, close: vi.fn() };
  vi.spyOn(window, 'open').mockReturnValue(popup as unknown as Window);
  show(<StepUpDialog />);
  let answer: Promise<unknown> = Promise.resolve();
  act(() => {
    answer = renew();
  });
  await user.click(await screen.findByRole('button', { name: /Sign in again with Example ID/ }));
  await screen.findByText(/Waiting for the other window/);
  expect(popup.location.href).toBe('/sso-done');
  const say = new BroadcastChannel('pm-step-up');
  say.postMessage({ kind: 'failed', code: 'sso_not_fresh' });
  expect(await screen.findByText(/did not ask you to sign in again/)).toBeInTheDocument();
  await user.click(screen.getByRole('button', { name: /Sign in again with Example ID/ }));
  await screen.findByText(/Waiting for the other window/);
  state.fresh = true;
  say.postMessage({ kind: 'done' });
  await expect(answer).resolves.toHaveProperty('recovery_codes');
  say.close();
});
