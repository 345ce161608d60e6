import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { Route } from 'react-router';
import { beforeEach, expect, it } from 'vitest';
import { handle, state } from '../../mock/backend';
import { session } from '../api/session';
import HostPage from '../features/hosts/HostPage';
import HostsPage from '../features/hosts/HostsPage';
import { someUser } from './people';
import { expectAccessible, openAt } from './render';
import { server } from './server';

/** What people do to hosts, against the made-up manager; every order is seen. */
const orders: { name: string; body: Record<string, unknown> }[] = [];
beforeEach(() => {
  orders.length = 0;
  session.begin({ access_token: 't', expires_at: '', user: someUser() });
  Object.assign(state, { signedIn: true, mustChange: false, empty: false, failing: '' });
  server.use(
    http.all('*/api/v1/*', async ({ request }) => {
      if (request.method !== 'GET')
        orders.push({
          name: `${request.method} ${request.url.replace(/^.*\/api\/v1/, '')}`,
          body: (await request.clone().json()) as Record<string, unknown>,
        });
      return handle(request);
    }),
  );
});

const host = '01KH0000000000000000000001';
const open = (at: string) =>
  openAt(
    at,
    <>
      <Route path="/hosts" element={<HostsPage />} />
      <Route path="/hosts/:id/:tab?" element={<HostPage />} />
    </>,
  );

async function choose(user: ReturnType<typeof userEvent.setup>, menu: string, item: string) {
  await user.click(await screen.findByRole('button', { name: menu }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
}

it('registers a host, and says at its field what the name servers answered', async () => {
  const user = userEvent.setup();
  open('/hosts');
  await choose(user, 'More about the list', 'Register a host…');
  const dialog = await screen.findByRole('dialog', { name: 'Register a host' });
  await expectAccessible(dialog);
  await user.click(within(dialog).getByRole('button', { name: 'Register 1 host' }));
  expect(await within(dialog).findByText('Enter a host name or an address.')).toBeInTheDocument();
  expect(orders).toEqual([]);
  const address = within(dialog).getByLabelText('Host name or address');
  await user.type(address, 'missing.example.com');
  await user.type(within(dialog).getByLabelText('Labels'), 'env=production,');
  await user.click(within(dialog).getByRole('button', { name: 'Register 1 host' }));
  await waitFor(() => expect(address).toBeInvalid());
  expect(within(dialog).getAllByText(/know no such name/).length).toBeGreaterThan(0);
  await user.clear(address);
  await user.type(address, 'web900.example.com');
  await user.click(within(dialog).getByRole('button', { name: 'Register 1 host' }));
  expect(await screen.findByText('web900.example.com is registered')).toBeInTheDocument();
  expect(screen.getByText(/198.51.100.7, 2001:db8::7/)).toBeInTheDocument();
  expect(orders.at(-1)).toMatchObject({
    name: 'POST /hosts',
    body: { name: 'web900.example.com', labels: [{ key: 'env', value: 'production' }] },
  });
});

it('imports nothing while a row has an error, and everything afterwards', async () => {
  const user = userEvent.setup();
  open('/hosts');
  await choose(user, 'More about the list', 'Import from CSV…');
  const dialog = await screen.findByRole('dialog', { name: 'Import hosts' });
  await expectAccessible(dialog);
  const text = within(dialog).getByLabelText('Text of the file');
  await user.click(text);
  await user.paste('name,groups\nnew1.example.com,Databases\nnew2.example.com,Nowhere');
  await user.click(within(dialog).getByRole('button', { name: 'Check' }));
  expect(await within(dialog).findByText(/1 row of 2 rows cannot be imported/)).toBeInTheDocument();
  expect(within(dialog).getByText(/“Nowhere”: There is no such group/)).toBeInTheDocument();
  expect(within(dialog).queryByText('new1.example.com')).not.toBeInTheDocument();
  await user.click(within(dialog).getByLabelText(/Errors only/));
  expect(within(dialog).getByText('new1.example.com')).toBeInTheDocument();
  expect(within(dialog).queryByRole('button', { name: /^Import/ })).not.toBeInTheDocument();
  await user.clear(text);
  await user.paste('name,groups\nnew1.example.com,Databases\nnew2.example.com,');
  await user.click(within(dialog).getByRole('button', { name: 'Check' }));
  await user.click(await within(dialog).findByRole('button', { name: 'Import 2 hosts' }));
  expect(await within(dialog).findByText(/2 hosts registered/)).toBeInTheDocument();
  expect(orders.map((order) => order.body.dry_run)).toEqual([true, true, false]);
});

it('names the column that an import does not know', async () => {
  const user = userEvent.setup();
  open('/hosts');
  await choose(user, 'More about the list', 'Import from CSV…');
  const dialog = await screen.findByRole('dialog', { name: 'Import hosts' });
  await user.click(within(dialog).getByLabelText('Text of the file'));
  await user.paste('name,colour\nweb1,red');
  await user.click(within(dialog).getByRole('button', { name: 'Check' }));
  expect(await within(dialog).findByText(/colour: There is no such column/)).toBeInTheDocument();
});

it('removes all hosts that match only after their number was typed', async () => {
  const user = userEvent.setup();
  open('/hosts?q=mail');
  await user.click(await screen.findByRole('checkbox', { name: /select all/i }));
  const bar = await screen.findByRole('region', { name: 'Chosen hosts' });
  const n = Number(/\d+/.exec(bar.textContent ?? '')?.[0]);
  await choose(user, 'More', 'Remove…');
  const dialog = await screen.findByRole('dialog', { name: 'Remove hosts' });
  const remove = within(dialog).getByRole('button', { name: `Remove ${n} hosts` });
  expect(remove).toBeDisabled();
  await user.type(within(dialog).getByLabelText(`Type ${n} to confirm`), String(n));
  await user.click(remove);
  await waitFor(() => expect(orders.at(-1)?.name).toBe('POST /hosts/bulk/remove'));
  expect(orders.at(-1)?.body).toMatchObject({ target: { host_ids: expect.any(Array) } });
  expect(await screen.findByText('No host matches')).toBeInTheDocument();
});

it('labels the chosen hosts, and names those that refuse to be asked', async () => {
  const user = userEvent.setup();
  open('/hosts?q=198.51.100');
  await user.click(await screen.findByRole('checkbox', { name: /select all/i }));
  await choose(user, 'More', 'Labels…');
  const dialog = await screen.findByRole('dialog', { name: 'Labels' });
  await expectAccessible(dialog);
  await user.type(within(dialog).getByLabelText('Add'), 'env=test{Enter}');
  await user.click(within(dialog).getByRole('button', { name: /^Label \d+ hosts?$/ }));
  await waitFor(() => expect(orders.at(-1)?.name).toBe('POST /hosts/bulk/labels'));
  expect(orders.at(-1)?.body.add).toEqual([{ key: 'env', value: 'test' }]);
  await user.click(await screen.findByRole('checkbox', { name: /select all/i }));
  await user.click(await screen.findByRole('button', { name: /^Refresh \d+ hosts?$/ }));
  const result = await screen.findByRole('dialog', { name: 'Not done for all hosts' });
  expect(result).toHaveTextContent('The agent has not enrolled yet');
});

it('edits a host and its note, sending only what differs', async () => {
  const user = userEvent.setup();
  open(`/hosts/${host}`);
  await choose(user, 'More', 'Edit…');
  const dialog = await screen.findByRole('dialog', { name: /^Edit / });
  await expectAccessible(dialog);
  await user.clear(within(dialog).getByLabelText('Port'));
  await user.type(within(dialog).getByLabelText('Port'), '12444');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(orders).toEqual([{ name: `PATCH /hosts/${host}`, body: { port: 12444 } }]),
  );
  await user.click(await screen.findByRole('button', { name: 'Write a note' }));
  await user.type(await screen.findByLabelText('Note'), 'ask first');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  expect(await screen.findByText('ask first')).toBeInTheDocument();
  expect(screen.getByText(/Written by admin/)).toBeInTheDocument();
});
