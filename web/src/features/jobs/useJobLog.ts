import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '../../api/client';
import { isNotFound } from '../../api/errors';
import type { LiveMessage } from '../../api/live';
import { live, usePolling } from '../../api/liveConnection';
import type { JobEvent } from '../../api/types';
import { EventLog } from './eventLog';

const pageSize = 1000;

type Loaded = { events: readonly JobEvent[]; loading: boolean; error: unknown };

/**
 * The log of one host in a job. What exists is asked for page by page; what happens
 * later comes over the socket. When the socket says that it has caught up, and every
 * 5 s while it is down, what came after the last complete page is asked for: so that
 * no event falls between the two ways, and the log drops those that come by both.
 */
export function useJobLog(jobId: string, hostId: string): Loaded & { retry: () => void } {
  const [state, setState] = useState<Loaded>({ events: [], loading: true, error: null });
  const loader = useRef<Loader | null>(null);
  const polling = usePolling();

  useEffect(() => {
    const mine = new Loader(jobId, hostId, setState);
    loader.current = mine;
    const stop = live.onMessage((message) => mine.receive(message));
    void mine.load();
    return () => {
      stop();
      mine.stop();
    };
  }, [jobId, hostId]);

  useEffect(() => {
    if (!polling) return;
    const timer = setInterval(() => void loader.current?.load(), polling);
    return () => clearInterval(timer);
  }, [polling]);

  const retry = useCallback(() => void loader.current?.load(), []);
  return { ...state, retry };
}

/** Exported for its test. */
export class Loader {
  private readonly log = new EventLog();
  private readonly stopped = new AbortController();
  /** Everything up to this id has been asked for and received. */
  private cursor = 0;
  private running: Promise<void> | null = null;
  private again = false;
  private scheduled = false;
  private readonly jobId: string;
  private readonly hostId: string;
  private readonly show: (state: Loaded) => void;

  constructor(jobId: string, hostId: string, show: (state: Loaded) => void) {
    this.jobId = jobId;
    this.hostId = hostId;
    this.show = show;
  }

  stop() {
    this.stopped.abort();
  }

  receive(message: LiveMessage) {
    if (message.type === 'caught_up' && message.job_id === this.jobId) void this.load();
    if (
      message.type !== 'event' ||
      message.job_id !== this.jobId ||
      message.host_id !== this.hostId
    )
      return;
    if (this.log.add([message])) this.schedule();
  }

  /** Loads what came after the cursor; a call while one runs makes it run once more. */
  load(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.pages().finally(() => {
      this.running = null;
      if (!this.again) return;
      this.again = false;
      void this.load();
    });
    return this.running;
  }

  private async pages() {
    try {
      while (!this.stopped.signal.aborted && (await this.page()) === pageSize);
      this.tell(false, null);
    } catch (error) {
      // A host that has not begun has no events yet.
      this.tell(false, isNotFound(error) ? null : error);
    }
  }

  private async page(): Promise<number> {
    const { items } = await call('jobHostEvents', {
      path: { id: this.jobId, host_id: this.hostId },
      query: { after: this.cursor, limit: pageSize },
      signal: this.stopped.signal,
    });
    this.log.add(items);
    this.cursor = Math.max(this.cursor, items.at(-1)?.id ?? 0);
    return items.length;
  }

  /** Lines come in bursts; the page is drawn at most ten times a second. */
  private schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    setTimeout(() => {
      this.scheduled = false;
      this.tell(this.running !== null && this.cursor === 0, null);
    }, 100);
  }

  private tell(loading: boolean, error: unknown) {
    if (!this.stopped.signal.aborted) this.show({ events: this.log.events, loading, error });
  }
}
