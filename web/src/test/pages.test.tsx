import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { Route } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import { handle, state } from '../../mock/backend';
import { session } from '../api/session';
import SignInPage from '../features/auth/signin/SignInPage';
import DashboardPage from '../features/dashboard/DashboardPage';
import DeployPage from '../features/deploy/DeployPage';
import EnrollmentPage from '../features/enrollment/EnrollmentPage';
import HostPage from '../features/hosts/HostPage';
import HostsPage from '../features/hosts/HostsPage';
import JobPage from '../features/jobs/JobPage';
import { someUser } from './people';
import { expectAccessible, openAt, place, show } from './render';
import { server } from './server';

/** Pages against the made-up manager of `npm run dev:mock`; every call is seen. */
const calls: string[] = [];
beforeEach(() => {
  calls.length = 0;
  session.begin({ access_token: 't', expires_at: '', user: someUser() });
  Object.assign(state, { signedIn: true, mustChange: false, empty: false, failing: '' });
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      calls.push(`${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`);
      return handle(request);
    }),
  );
});

const host = '01KH0000000000000000000001';
function open(at: string) {
  return openAt(
    at,
    <>
      <Route path="/" element={<DashboardPage />} />
      <Route path="/hosts" element={<HostsPage />} />
      <Route path="/hosts/:id/:tab?" element={<HostPage />} />
      <Route path="/deploy" element={<DeployPage />} />
      <Route path="/enrollment" element={<EnrollmentPage />} />
      <Route path="/jobs/:id" element={<JobPage />} />
    </>,
  );
}

it('signs in, or says what was wrong and empties the password', async () => {
  const user = userEvent.setup();
  session.end();
  const { container } = show(<SignInPage />);
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByText('Enter your user name.')).toBeInTheDocument();
  expect(calls.filter((call) => call.startsWith('POST'))).toEqual([]);
  await user.type(screen.getByLabelText('User name'), 'admin');
  await user.type(screen.getByLabelText('Password'), 'wrong{Enter}');
  expect(await screen.findByText('User name or password is wrong.')).toBeInTheDocument();
  expect(screen.getByLabelText('Password')).toHaveValue('');
  await user.type(screen.getByLabelText('Password'), 'right{Enter}');
  await waitFor(() => expect(session.get().user?.username).toBe('admin'));
});

it('warns of caps lock', async () => {
  const user = userEvent.setup();
  show(<SignInPage />);
  await user.click(screen.getByLabelText('Password'));
  await user.keyboard('{CapsLock}a');
  expect(screen.getByText('Caps lock is on.')).toBeInTheDocument();
});

it('lets the manager filter, sort and cut the list, and keeps all of it in the address', async () => {
  const user = userEvent.setup();
  const { container } = open(
    '/hosts?state=unreachable&page=2&page_size=25&sort=last_seen&order=desc',
  );
  await screen.findByRole('grid', { name: 'Hosts' });
  expect(calls).toContain(
    'GET /hosts?state=unreachable&sort=last_seen&order=desc&page=2&page_size=25',
  );
  await user.click(await screen.findByRole('button', { name: /Degraded/ }));
  await waitFor(() =>
    expect(new URLSearchParams(place.address.split('?')[1]).get('state')).toBe(
      'unreachable,degraded',
    ),
  );
  expect(place.address).not.toContain('page=2');
  await expectAccessible(container);
});

it('shows the next step where there is nothing, and the request id where it failed', async () => {
  state.empty = true;
  const empty = open('/hosts');
  expect(await screen.findByText('No hosts yet')).toBeInTheDocument();
  empty.unmount();
  state.empty = false;
  state.failing = '/hosts';
  open('/hosts');
  expect(await screen.findByText('The database does not answer.')).toBeInTheDocument();
  expect(screen.getByText('01K00000000000000000000REQ')).toBeInTheDocument();
});

it('leads from every total to the list that it counts', async () => {
  const { container } = open('/');
  const link = await screen.findByRole('link', { name: /Need a reboot/ });
  const n = Number(link.textContent);
  expect(link).toHaveAttribute('href', '/hosts?reboot=true');
  const page = (await (await handle(new Request('http://x/api/v1/hosts?reboot=true'))).json()) as {
    total: number;
  };
  expect(page.total).toBe(n);
  await expectAccessible(container);
});

it('removes a host only after its name was typed', async () => {
  const user = userEvent.setup();
  open(`/hosts/${host}`);
  await user.click(await screen.findByRole('button', { name: 'More' }));
  await user.click(await screen.findByRole('menuitem', { name: /Remove host/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Remove host' });
  const confirm = within(dialog).getByRole('button', { name: 'Remove 1 host' });
  expect(confirm).toBeDisabled();
  await user.type(within(dialog).getByLabelText(/Type db01/), 'db01');
  expect(confirm).toBeEnabled();
  expect(calls.some((call) => call.startsWith('DELETE'))).toBe(false);
});

it('plans, says what it will do, and orders exactly that', async () => {
  const user = userEvent.setup();
  let order: unknown;
  server.use(
    http.post('*/api/v1/jobs', async ({ request }) => {
      order = await request.clone().json();
      return handle(request);
    }),
  );
  open(`/deploy?hosts=${host}&mode=all&reboot=if_needed&exclude=tzdata`);
  await user.click(await screen.findByRole('button', { name: 'Show the plan' }));
  await user.click(
    await screen.findByRole('button', { name: 'Details of db01' }, { timeout: 5000 }),
  );
  expect(
    await screen.findByRole('table', { name: 'Packages that change on db01' }),
  ).toBeInTheDocument();
  const run = await screen.findByRole('button', { name: /Run now on 1 host/ });
  await waitFor(() => expect(run).toBeEnabled());
  await user.click(run);
  const dialog = await screen.findByRole('dialog', { name: 'Run now' });
  expect(dialog).toHaveTextContent(/Install \d+ updates \(\d+ security\).* on 1 host now/);
  await user.click(within(dialog).getByRole('button', { name: 'Install on 1 host' }));
  await waitFor(() => expect(place.address).toMatch(/^\/jobs\/01KJ/));
  expect(order).toMatchObject({
    kind: 'patch',
    host_ids: [host],
    selection: { mode: 'all', exclude: ['tzdata'] },
    reboot: 'if_needed',
    allow_removals: false,
    plan_id: expect.any(String),
  });
});

it('shows the failed host first with its reason, its log and what can be done', async () => {
  const user = userEvent.setup();
  const { container } = open(`/jobs/01KJ${'2'.padStart(22, '0')}`);
  expect(await screen.findByText(/ended with exit status 1/)).toBeInTheDocument();
  expect(screen.getByRole('button', { name: /Re-run 1 failed host/ })).toBeEnabled();
  expect(screen.getByRole('progressbar', { name: 'Progress of the job' })).toHaveAttribute(
    'aria-valuenow',
    '100',
  );
  await screen.findByText('Reading package lists...');
  await user.type(screen.getByRole('searchbox', { name: 'Search the log' }), 'subprocess{Enter}');
  expect(await screen.findByText('1 line found')).toBeInTheDocument();
  expect(screen.getByRole('log')).toHaveTextContent(
    'post-installation script subprocess returned error',
  );
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: /Roll back/ }));
  expect(await screen.findByText(/back to the versions from before this job/)).toBeInTheDocument();
});

it('shows the evidence of a request and asks twice when it looks like a clone', async () => {
  const user = userEvent.setup();
  const { container } = open('/enrollment');
  await screen.findByRole('button', { name: 'Approve new01' });
  await expectAccessible(container);
  await user.click(screen.getByRole('button', { name: 'Approve…' }));
  expect(await screen.findByRole('dialog', { name: /in spite of the warning/ })).toHaveTextContent(
    'already has this machine id',
  );
  expect(calls.some((call) => call.includes('approve'))).toBe(false);
});
