import { expect, it, vi } from 'vitest';
import { LiveConnection, type LiveMessage } from './live';

/** Sockets, tickets and time that the test moves by hand. */
function setUp(ticket: () => Promise<string> = async () => 't') {
  const sockets: ReturnType<typeof makeSocket>[] = [];
  const waits: { delay: number; run: () => void; cancelled: boolean }[] = [];
  const live = new LiveConnection({
    ticket,
    open: () => {
      const socket = makeSocket();
      sockets.push(socket);
      return socket;
    },
    after: (delay, run) => {
      const wait = { delay, run, cancelled: false };
      waits.push(wait);
      return () => {
        wait.cancelled = true;
      };
    },
    random: () => 1,
  });
  const seen: LiveMessage[] = [];
  live.onMessage((message) => seen.push(message));
  const newest = async (n: number) => {
    await vi.waitFor(() => expect(sockets).toHaveLength(n));
    return sockets[n - 1] as ReturnType<typeof makeSocket>;
  };
  return { live, sockets, waits, seen, newest };
}

function makeSocket() {
  return {
    sent: [] as unknown[],
    onopen: null as ((event: Event) => void) | null,
    onclose: null as ((event: CloseEvent) => void) | null,
    onmessage: null as ((event: MessageEvent) => void) | null,
    send(text: string) {
      this.sent.push(JSON.parse(text));
    },
    close: vi.fn(),
    opens() {
      this.onopen?.(new Event('open'));
    },
    drops() {
      this.onclose?.(new CloseEvent('close'));
    },
    says(message: object) {
      this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }));
    },
  };
}

const event = (id: number, job_id = 'J') => ({
  type: 'event',
  id,
  job_id,
  host_id: 'H',
  line: `line ${id}`,
});
const ids = (seen: LiveMessage[]) => seen.filter((m) => m.type === 'event').map((m) => m.id);

it('asks after a reconnect for what came after the last event, and drops what comes twice', async () => {
  const { live, waits, seen, newest } = setUp();
  live.start();
  const first = await newest(1);
  first.opens();
  live.followJob('J', 10);
  expect(first.sent).toEqual([
    { action: 'subscribe', channel: 'fleet' },
    { action: 'subscribe', channel: 'job', job_id: 'J', after: 10 },
  ]);
  first.says(event(11));
  first.says(event(12));
  first.drops();
  expect(live.getStatus()).toBe('polling');
  waits[0]?.run();
  const second = await newest(2);
  second.opens();
  expect(live.getStatus()).toBe('live');
  expect(second.sent).toContainEqual({
    action: 'subscribe',
    channel: 'job',
    job_id: 'J',
    after: 12,
  });
  second.says(event(12));
  second.says(event(13));
  expect(ids(seen)).toEqual([11, 12, 13]);
});

it('ignores events of jobs that nobody follows', async () => {
  const { live, seen, newest } = setUp();
  live.start();
  const socket = await newest(1);
  socket.opens();
  const leave = live.followJob('J', 0);
  leave();
  socket.says(event(1));
  socket.says(event(1, 'other'));
  expect(ids(seen)).toEqual([]);
  expect(socket.sent).toContainEqual({ action: 'unsubscribe', channel: 'job', job_id: 'J' });
});

it('subscribes once for two users and leaves with the last', async () => {
  const { live, newest } = setUp();
  live.start();
  const socket = await newest(1);
  socket.opens();
  const one = live.followJob('J', 0);
  const two = live.followJob('J', 0);
  one();
  const said = () =>
    socket.sent
      .filter((words) => (words as { job_id?: string }).job_id === 'J')
      .map((words) => (words as { action: string }).action);
  expect(said()).toEqual(['subscribe']);
  two();
  expect(said()).toEqual(['subscribe', 'unsubscribe']);
});

it('waits longer after each failure, up to a limit, and starts over once it was live', async () => {
  const { live, waits, newest, sockets } = setUp();
  live.start();
  for (let n = 1; n <= 7; n++) {
    (await newest(n)).drops();
    waits[n - 1]?.run();
  }
  expect(waits.map((wait) => wait.delay)).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
  const socket = await newest(8);
  socket.opens();
  socket.drops();
  expect(waits[7]?.delay).toBe(500);
  expect(sockets).toHaveLength(8);
});

it('tries again when no ticket is given', async () => {
  const ticket = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue('t');
  const { live, waits, newest } = setUp(ticket);
  live.start();
  await vi.waitFor(() => expect(waits).toHaveLength(1));
  expect(live.getStatus()).toBe('polling');
  live.retryNow();
  expect(waits[0]?.cancelled).toBe(true);
  (await newest(1)).opens();
  expect(live.getStatus()).toBe('live');
});

it('stays off after stop, whatever an old socket still says', async () => {
  const { live, waits, seen, newest } = setUp();
  live.start();
  const socket = await newest(1);
  socket.opens();
  live.followJob('J', 0);
  live.stop();
  socket.says(event(1));
  socket.drops();
  expect(socket.close).toHaveBeenCalled();
  expect(live.getStatus()).toBe('off');
  expect(waits).toHaveLength(0);
  expect(seen).toEqual([]);
});

it('survives words that are not a message', async () => {
  const { live, seen, newest } = setUp();
  live.start();
  const socket = await newest(1);
  socket.opens();
  socket.onmessage?.(new MessageEvent('message', { data: 'no json' }));
  socket.onmessage?.(new MessageEvent('message', { data: 'null' }));
  socket.says({ type: 'host', host_id: 'H' });
  expect(seen).toEqual([{ type: 'host', host_id: 'H' }]);
});

it('passes on the reason for which the manager closed the connection', async () => {
  const reasons: string[] = [];
  const socket = makeSocket();
  const live = new LiveConnection({
    ticket: async () => 't',
    open: () => socket,
    after: () => () => undefined,
    random: () => 1,
    refused: (reason) => reasons.push(reason),
  });
  live.start();
  await vi.waitFor(() => expect(socket.onopen).not.toBeNull());
  socket.opens();
  socket.onclose?.(new CloseEvent('close', { code: 1008, reason: 'session_ended' }));
  expect(reasons).toEqual(['session_ended']);
  live.stop();
});
