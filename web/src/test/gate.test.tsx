import { QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { createMemoryRouter, RouterProvider, useLocation } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import { handle, state } from '../../mock/backend';
import { me } from '../../mock/me';
import { call } from '../api/client';
import { session } from '../api/session';
import { Allowed } from '../app/Allowed';
import { Gate, RequireUser, SignInRoute } from '../app/Gate';
import { navigationOf } from '../app/navigation';
import { makeQueryClient } from '../app/queryClient';
import { RouterLink } from '../app/RouterLink';
import { UiProvider } from '../ui/UiProvider';
import { show } from './render';
import { server } from './server';

beforeEach(() => {
  Object.assign(state, {
    signedIn: true,
    mustChange: false,
    mustSetUpMfa: false,
    challenge: false,
    ssoOnly: false,
    role: 'admin',
  });
  server.use(http.all('*/api/v1/*', ({ request }) => handle(request)));
});

function Address() {
  const { pathname, search } = useLocation();
  return <output>{pathname + search}</output>;
}

function open(at: string) {
  const client = makeQueryClient();
  const router = createMemoryRouter(
    [
      {
        element: <Gate client={client} />,
        children: [
          {
            path: 'sign-in',
            element: (
              <>
                <Address />
                <SignInRoute />
              </>
            ),
          },
          {
            path: '*',
            element: (
              <>
                <Address />
                <RequireUser>
                  <p>The page</p>
                </RequireUser>
              </>
            ),
          },
        ],
      },
    ],
    { initialEntries: [at] },
  );
  return render(
    <UiProvider link={RouterLink}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </UiProvider>,
  );
}

it('leads to the sign-in page with the reason when the session is ended elsewhere, and back again', async () => {
  session.begin({ access_token: 't', expires_at: '', user: me() });
  open('/jobs?page=2');
  expect(await screen.findByText('The page')).toBeInTheDocument();
  state.signedIn = false;
  server.use(
    http.get('*/api/v1/hosts', () =>
      HttpResponse.json(
        { error: { code: 'unauthorized', message: '', request_id: '' } },
        { status: 401 },
      ),
    ),
  );
  await act(() => call('listHosts', { query: {} }).catch(() => undefined));
  expect(await screen.findByText(/Your session has ended/)).toBeInTheDocument();
  expect(screen.getByText('/sign-in?return=%2Fjobs%3Fpage%3D2')).toBeInTheDocument();
  act(() => session.begin({ access_token: 't', expires_at: '', user: me() }));
  await waitFor(() => expect(screen.getByText('/jobs?page=2')).toBeInTheDocument());
  expect(screen.getByText('The page')).toBeInTheDocument();
});

it('follows a sign-out in another tab and says so', async () => {
  session.begin({ access_token: 't', expires_at: '', user: me() });
  open('/');
  await screen.findByText('The page');
  const tab = new BroadcastChannel('pm-session');
  tab.postMessage('signed_out');
  expect(await screen.findByText('You signed out in another tab.')).toBeInTheDocument();
  tab.close();
});

it('shows each role its own places, and says why a shared link does not open', () => {
  const names = (role: string) =>
    navigationOf({ role }).flatMap(({ items }) => items.map(({ name }) => name));
  expect(names('operator')).toEqual(['Dashboard', 'Hosts', 'Groups', 'Deploy', 'Jobs']);
  expect(names('auditor')).not.toContain('Deploy');
  expect(names('auditor')).toEqual(expect.arrayContaining(['Users', 'Audit', 'Settings']));
  state.role = 'operator';
  session.begin({ access_token: 't', expires_at: '', user: me() });
  show(
    <Allowed needs="users.read">
      <p>All users</p>
    </Allowed>,
  );
  expect(screen.getByText('Only admins and auditors may see users.')).toBeInTheDocument();
  expect(screen.queryByText('All users')).not.toBeInTheDocument();
});
