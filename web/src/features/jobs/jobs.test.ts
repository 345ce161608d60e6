import { QueryClient } from '@tanstack/react-query';
import { HttpResponse, http } from 'msw';
import { expect, it, vi } from 'vitest';
import { keys } from '../../api/keys';
import type { JobChange, JobEvent, JobHost, JobSummary } from '../../api/types';
import { server } from '../../test/server';
import { EventLog, logRows, logText } from './eventLog';
import { jobsLive } from './live';
import { phaseSteps } from './phases';
import { Loader } from './useJobLog';
import { cancelSentence, readinessOf, resultWords, rollbackSentence } from './words';

const event = (id: number, more: Partial<JobEvent> = {}): JobEvent => ({
  id,
  job_id: 'J',
  host_id: 'H',
  kind: 'log',
  seq: id,
  at: '2026-11-23T02:00:00Z',
  phase: 'unpack',
  line: `line ${id}`,
  stream: 'tool',
  state: '',
  progress: 0,
  message: '',
  package: '',
  ...more,
});

const counts = {
  total: 0,
  waiting: 0,
  queued: 0,
  claimed: 0,
  running: 0,
  lost: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
};

const host = (more: Partial<JobHost> = {}): JobHost => ({
  id: 'X',
  host_id: 'H',
  host_name: 'web01',
  state: 'running',
  phase: 'unpack',
  progress: 40,
  message: '',
  error: null,
  run: 1,
  attempts: 1,
  next_attempt_at: null,
  started_at: null,
  finished_at: null,
  changes: [],
  rollback: null,
  reboot_needed: false,
  conffiles: [],
  last_event_id: 0,
  log_lines: 0,
  ...more,
});

const job = (more: Partial<JobSummary> = {}): JobSummary => ({
  id: 'J',
  number: 7,
  kind: 'patch',
  state: 'running',
  title: 't',
  note: '',
  counts,
  progress: 0,
  created_at: '',
  created_by: '',
  started_at: null,
  finished_at: null,
  parent_job_id: null,
  cancel_requested_at: null,
  ...more,
});

it('keeps each event once and in order, by whichever way it came', () => {
  const log = new EventLog();
  expect(log.add([event(5), event(6)])).toBe(true);
  expect(log.add([event(6)])).toBe(false);
  log.add([event(3), event(4), event(5), event(7)]);
  expect(log.events.map((e) => e.id)).toEqual([3, 4, 5, 6, 7]);
  expect(log.lastId).toBe(7);
});

it('heads each phase, folds it, and searches through folded ones', () => {
  const events = [
    event(1, { phase: 'download' }),
    event(2, { phase: 'download', kind: 'status', stream: 'agent', message: 'half way' }),
    event(3, {
      phase: 'download',
      kind: 'status',
      stream: 'manager',
      seq: 0,
      message: 'No answer',
    }),
    event(4),
  ];
  const shape = (folded: string[], search = '') =>
    logRows(events, new Set(folded), search).map((row) =>
      row.type === 'phase' ? `${row.phase} ${row.lines}` : row.text,
    );
  expect(shape([])).toEqual(['download 2', 'line 1', 'No answer', 'unpack 1', 'line 4']);
  expect(shape(['download'])).toEqual(['download 2', 'unpack 1', 'line 4']);
  expect(shape(['download'], 'LINE 1')).toEqual(['download 1', 'line 1']);
  expect(logText(events)).toBe(
    '2026-11-23T02:00:00Z download line 1\n2026-11-23T02:00:00Z download No answer\n2026-11-23T02:00:00Z unpack line 4',
  );
});

it('loses nothing between asking and listening, and asks again when the socket has caught up', async () => {
  const stored = Array.from({ length: 1500 }, (_, i) => event(i + 1));
  const asked: number[] = [];
  server.use(
    http.get('*/api/v1/jobs/J/hosts/H/events', ({ request }) => {
      const query = new URL(request.url).searchParams;
      const after = Number(query.get('after'));
      asked.push(after);
      const items = stored.filter((e) => e.id > after).slice(0, Number(query.get('limit')));
      return HttpResponse.json({ items, last_id: stored.length });
    }),
  );
  let shown: readonly JobEvent[] = [];
  const loader = new Loader('J', 'H', (state) => {
    shown = state.events;
  });
  const loading = loader.load();
  // It happened while the pages were on their way; one event in between reached nobody yet.
  stored.push(event(1501), event(1502));
  loader.receive({ type: 'event', ...event(1502) });
  await loading;
  loader.receive({ type: 'caught_up', job_id: 'J', after: 0 });
  await vi.waitFor(() => expect(shown).toHaveLength(1502));
  expect(shown.map((e) => e.id)).toEqual(stored.map((e) => e.id));
  expect(asked.slice(0, 2)).toEqual([0, 1000]);
  loader.receive({ type: 'event', ...event(1502) });
  loader.receive({ type: 'event', ...event(1503, { host_id: 'other' }) });
  await loader.load();
  expect(shown).toHaveLength(1502);
  loader.stop();
});

it('shows a host without events as empty, and any other trouble as trouble', async () => {
  const answers = [404, 503];
  server.use(
    http.get('*/api/v1/jobs/J/hosts/H/events', () =>
      HttpResponse.json(
        { error: { code: 'x', message: 'm', request_id: '' } },
        { status: answers.shift() },
      ),
    ),
  );
  const seen: unknown[] = [];
  const loader = new Loader('J', 'H', (state) => seen.push(state.error));
  await loader.load();
  await loader.load();
  expect(seen[0]).toBeNull();
  expect(seen[1]).toMatchObject({ status: 503 });
});

it('writes live messages into what is shown', () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, 'invalidateQueries');
  client.setQueryData(keys.jobList({}), { items: [job()], total: 1 });
  client.setQueryData(keys.jobHostList('J', {}), { items: [host()], total: 1 });
  const receive = jobsLive(client);
  receive({ type: 'job', job: job({ progress: 55 }) });
  receive({ type: 'job_host', job_id: 'J', host: host({ progress: 60 }) });
  expect(client.getQueryData(keys.jobList({}))).toMatchObject({ items: [{ progress: 55 }] });
  expect(client.getQueryData(keys.jobHostList('J', {}))).toMatchObject({
    items: [{ progress: 60 }],
  });
  vi.advanceTimersByTime(5000);
  expect(invalidate).not.toHaveBeenCalled();
  receive({ type: 'job_host', job_id: 'J', host: host({ state: 'failed' }) });
  receive({ type: 'job', job: job({ id: 'new', state: 'queued' }) });
  vi.advanceTimersByTime(1000);
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey)).toEqual(
    expect.arrayContaining([keys.jobHosts('J'), keys.jobLists]),
  );
  vi.useRealTimers();
});

it('shows the phases that ran, where it is, and what is to come', () => {
  const steps = (more: Partial<JobHost>, reboot: 'never' | 'always' = 'never') =>
    phaseSteps({ kind: 'patch', reboot }, host(more), [
      event(1, { phase: 'preflight' }),
      event(2),
    ]).map((s) => `${s.key}:${s.status.label}`);
  expect(steps({})).toEqual(['preflight:Done', 'unpack:Now', 'configure:Later', 'verify:Later']);
  expect(steps({}, 'always')).toContain('reboot:Later');
  expect(steps({ state: 'failed' })).toEqual(['preflight:Done', 'unpack:Failed here']);
  expect(steps({ state: 'succeeded' })).toEqual(['preflight:Done', 'unpack:Done']);
  expect(steps({ state: 'cancelled' })).toEqual(['preflight:Done', 'unpack:Stopped here']);
});

it('says what cancelling and rolling back do', () => {
  expect(resultWords({ ...counts, total: 4, failed: 1, succeeded: 3 })).toBe(
    '1 failed, 3 succeeded',
  );
  expect(cancelSentence({ ...counts, queued: 2, running: 1 })).toBe(
    '2 hosts that have not started will not start. 1 host under way stops at the next safe point; a running package transaction is finished first.',
  );
  const changes = [{}, {}] as JobChange[];
  const groups = readinessOf([
    host({ host_name: 'a', changes, rollback: { state: 'ready', reasons: [] } }),
    host({ host_name: 'b', changes, rollback: { state: 'partial', reasons: ['x'] } }),
    host({ host_name: 'c', rollback: null }),
  ]);
  expect(groups.impossible.map((h) => h.host_name)).toEqual(['c']);
  expect(rollbackSentence(groups, false)).toContain('Put 2 packages on 1 host (a) back');
  expect(rollbackSentence(groups, true)).toContain('Put 4 packages on 2 hosts (a and b) back');
});
