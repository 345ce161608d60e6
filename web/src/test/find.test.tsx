import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { Route } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import { handle, state } from '../../mock/backend';
import { session } from '../api/session';
import type { Session } from '../api/types';
import HostsPage from '../features/hosts/HostsPage';
import { expectAccessible, openAt, place } from './render';
import { server } from './server';

/** Finding hosts, against the made-up manager. */
const calls: string[] = [];
const bodies: Record<string, Record<string, unknown>> = {};

function signInAs(role: 'admin' | 'operator' | 'auditor') {
  state.role = role;
  session.begin({ access_token: 'x', expires_at: '', user: { id: 'U', role } } as Session);
}

beforeEach(() => {
  calls.length = 0;
  localStorage.clear();
  Object.assign(state, { signedIn: true, mustChange: false, empty: false, failing: '' });
  signInAs('admin');
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      const name = `${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`;
      calls.push(name);
      if (request.method !== 'GET')
        bodies[name] = (await request
          .clone()
          .json()
          .catch(() => ({}))) as Record<string, unknown>;
      return handle(request);
    }),
  );
});

const open = (at: string) => openAt(at, <Route path="/hosts" element={<HostsPage />} />);

it('completes labels with the hosts that each leaves, and keeps them in the address', async () => {
  const { container } = open('/hosts');
  await userEvent.click(await screen.findByRole('button', { name: 'More filters' }));
  const labels = await screen.findByRole('combobox', { name: 'Labels' });
  await userEvent.type(labels, 'env=te');
  await userEvent.click(await screen.findByRole('option', { name: /^env=test \(\d+\)$/ }));
  expect(new URLSearchParams(place.address.split('?')[1]).get('label')).toBe('env=test');
  await waitFor(() => {
    expect(calls.some((c) => c.startsWith('GET /hosts?') && c.includes('env%3Dtest'))).toBe(true);
    expect(calls.some((c) => c.startsWith('GET /hosts/facets?') && c.includes('env%3Dtest'))).toBe(
      true,
    );
  });
  expect(await screen.findByText('Label env=test')).toBeInTheDocument();
  await expectAccessible(container);
});

it('opens the panel when the address chooses something in it', async () => {
  open('/hosts?certificate_days=30');
  expect(await screen.findByRole('region', { name: 'More filters' })).toBeInTheDocument();
});

it('says which part of the filter hides everything', async () => {
  open('/hosts?label=env%3Dnowhere&state=healthy');
  const without = await screen.findByRole('button', { name: /^Without “Label env=nowhere”: \d+/ });
  expect(screen.queryByRole('button', { name: /^Without “State/ })).not.toBeInTheDocument();
  await userEvent.click(without);
  expect(place.address).toBe('/hosts?state=healthy');
});

it('saves what is shown under a name, and shows it again', async () => {
  open('/hosts?state=unreachable&sort=last_seen&order=desc');
  await userEvent.click(await screen.findByRole('button', { name: 'Views' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Save as a new view…' }));
  const dialog = await screen.findByRole('dialog');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save view' }));
  expect(await within(dialog).findByText('Enter a name.')).toBeInTheDocument();
  await userEvent.type(within(dialog).getByLabelText('Name'), 'Long gone');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Save view' }));
  expect(await screen.findByRole('button', { name: 'Long gone' })).toBeInTheDocument();
  expect(bodies['POST /host-views']).toMatchObject({
    name: 'Long gone',
    shared: false,
    filter: { state: ['unreachable'] },
    sort: 'last_seen',
    order: 'desc',
  });
  expect(place.address).toContain('view=');
  await userEvent.click(screen.getByRole('button', { name: 'Long gone' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: /^Databases/ }));
  const address = new URLSearchParams(place.address.split('?')[1]);
  expect([address.get('q'), address.get('state'), address.get('sort')]).toEqual(['db', null, null]);
});

it('lets a view of somebody else be changed by admins alone', async () => {
  signInAs('operator');
  const { unmount } = open('/hosts');
  await userEvent.click(await screen.findByRole('button', { name: 'Views' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: /^Databases/ }));
  await userEvent.click(await screen.findByRole('button', { name: 'Databases' }));
  expect(await screen.findByRole('menuitem', { name: 'Save as a new view…' })).toBeInTheDocument();
  expect(screen.queryByRole('menuitem', { name: /Delete/ })).not.toBeInTheDocument();
  const at = place.address;
  unmount();
  signInAs('admin');
  open(at);
  await userEvent.click(await screen.findByRole('button', { name: 'Databases' }));
  expect(await screen.findByRole('menuitem', { name: 'Delete “Databases”…' })).toBeInTheDocument();
});
