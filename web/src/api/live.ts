import type { JobEvent, JobHost, JobSummary } from './types';

/** What the manager sends over the socket. */
export type LiveMessage =
  | ({ type: 'event' } & JobEvent)
  | { type: 'job'; job: JobSummary }
  | { type: 'job_host'; job_id: string; host: JobHost }
  | { type: 'host'; host_id: string }
  | { type: 'caught_up'; job_id: string; after: number }
  | { type: 'error'; code: string; message: string };

/**
 * How fresh the page is.
 *
 *   connecting --open--> live --closed--> polling --(backoff)--> connecting ...
 *
 * "polling" lasts until the next socket is open: pages then ask every 5 s.
 */
export type LiveStatus = 'off' | 'connecting' | 'live' | 'polling';

type Socket = Pick<WebSocket, 'send' | 'close'> & {
  onopen: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
};

export type LiveDependencies = {
  /** A single-use ticket for one connection. */
  ticket: () => Promise<string>;
  open: (ticket: string) => Socket;
  /** Runs later and returns how to prevent it. */
  after: (milliseconds: number, run: () => void) => () => void;
  random: () => number;
  /** The manager closed the connection for a reason of its own. */
  refused?: (reason: string) => void;
};

const firstDelay = 500;
const longestDelay = 15_000;

type JobSubscription = { cursor: number; users: number };

/**
 * The one connection to the manager. Every job subscription keeps the id of the
 * last event it has seen; a new connection asks for what came after it, and an
 * event that arrives again is dropped, so that listeners get each event once.
 */
export class LiveConnection {
  private status: LiveStatus = 'off';
  private socket: Socket | null = null;
  private attempt = 0;
  /** Grows with each start, stop and attempt: what belongs to an older one is ignored. */
  private generation = 0;
  private cancelRetry: (() => void) | null = null;
  private readonly jobs = new Map<string, JobSubscription>();
  private readonly listeners = new Set<(message: LiveMessage) => void>();
  private readonly watchers = new Set<() => void>();
  private readonly deps: LiveDependencies;

  constructor(deps: LiveDependencies) {
    this.deps = deps;
  }

  getStatus = (): LiveStatus => this.status;

  onStatus = (watcher: () => void) => {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  };

  onMessage(listener: (message: LiveMessage) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  start() {
    if (this.status !== 'off') return;
    this.attempt = 0;
    this.setStatus('connecting');
    void this.connect();
  }

  stop() {
    this.generation++;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.socket?.close();
    this.socket = null;
    this.setStatus('off');
  }

  /** Tries at once instead of waiting for the next attempt, e.g. when the network is back. */
  retryNow() {
    if (this.status !== 'polling') return;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.attempt = 0;
    void this.connect();
  }

  /**
   * Follows a job from the event after `after`. Several users share one
   * subscription; the returned function ends this use.
   */
  followJob(id: string, after: number): () => void {
    const known = this.jobs.get(id);
    if (known) {
      known.users++;
    } else {
      this.jobs.set(id, { cursor: after, users: 1 });
      this.say({ action: 'subscribe', channel: 'job', job_id: id, after });
    }
    return () => this.leaveJob(id);
  }

  private leaveJob(id: string) {
    const known = this.jobs.get(id);
    if (!known) return;
    known.users--;
    if (known.users > 0) return;
    this.jobs.delete(id);
    this.say({ action: 'unsubscribe', channel: 'job', job_id: id });
  }

  private async connect() {
    const generation = ++this.generation;
    try {
      const ticket = await this.deps.ticket();
      if (generation !== this.generation) return;
      this.attach(this.deps.open(ticket), generation);
    } catch {
      // The reason shows in the page's own calls; here only the next attempt matters.
      if (generation === this.generation) this.scheduleRetry();
    }
  }

  private attach(socket: Socket, generation: number) {
    this.socket = socket;
    const current = () => generation === this.generation;
    socket.onopen = () => {
      if (!current()) return;
      this.attempt = 0;
      this.setStatus('live');
      this.resubscribe();
    };
    socket.onmessage = (event) => {
      if (current()) this.receive(String(event.data));
    };
    socket.onclose = (event) => {
      if (!current()) return;
      this.socket = null;
      if (event.reason) this.deps.refused?.(event.reason);
      this.scheduleRetry();
    };
  }

  private resubscribe() {
    this.say({ action: 'subscribe', channel: 'fleet' });
    for (const [id, job] of this.jobs) {
      this.say({ action: 'subscribe', channel: 'job', job_id: id, after: job.cursor });
    }
  }

  private scheduleRetry() {
    this.setStatus('polling');
    const ceiling = Math.min(longestDelay, firstDelay * 2 ** this.attempt++);
    // Spread over the upper half, so that a restarted manager is not met by all browsers at once.
    const delay = ceiling / 2 + this.deps.random() * (ceiling / 2);
    this.cancelRetry = this.deps.after(delay, () => {
      this.cancelRetry = null;
      void this.connect();
    });
  }

  private receive(text: string) {
    const message = parse(text);
    if (!message) return;
    if (message.type === 'event' && !this.isNew(message)) return;
    for (const listener of this.listeners) listener(message);
  }

  private isNew(event: JobEvent): boolean {
    const job = this.jobs.get(event.job_id);
    if (!job || event.id <= job.cursor) return false;
    job.cursor = event.id;
    return true;
  }

  private say(words: object) {
    if (this.status === 'live') this.socket?.send(JSON.stringify(words));
  }

  private setStatus(status: LiveStatus) {
    if (this.status === status) return;
    this.status = status;
    for (const watcher of this.watchers) watcher();
  }
}

function parse(text: string): LiveMessage | null {
  try {
    const value = JSON.parse(text) as LiveMessage;
    return typeof value?.type === 'string' ? value : null;
  } catch {
    return null;
  }
}
