import type { JobEvent } from '../../api/types';

/**
 * The events of one host in one job, in the order of their ids, each once,
 * whether it came over the socket, by asking, or both.
 */
export class EventLog {
  private readonly known = new Set<number>();
  private list: JobEvent[] = [];

  /** Adds what is new and reports whether anything was. */
  add(events: JobEvent[]): boolean {
    const fresh = events.filter((event) => {
      if (this.known.has(event.id)) return false;
      this.known.add(event.id);
      return true;
    });
    if (fresh.length === 0) return false;
    const last = this.list.at(-1)?.id ?? 0;
    const appended = fresh.every(
      (event, i) => event.id > (i > 0 ? (fresh[i - 1] as JobEvent).id : last),
    );
    this.list = [...this.list, ...fresh];
    if (!appended) this.list.sort((a, b) => a.id - b.id);
    return true;
  }

  /** A list that is replaced, never changed. */
  get events(): readonly JobEvent[] {
    return this.list;
  }

  get lastId(): number {
    return this.list.at(-1)?.id ?? 0;
  }
}

export type PhaseRow = {
  type: 'phase';
  key: string;
  phase: string;
  lines: number;
  folded: boolean;
};
export type LineRow = {
  type: 'line';
  key: string;
  /** The agent's number; null for the manager's own words, which have none. */
  seq: number | null;
  at: string;
  text: string;
  stream: string;
  phase: string;
};
export type LogRow = PhaseRow | LineRow;

/**
 * The rows of the log: a heading where a phase begins, then its lines. With search
 * words only the lines that hold them are left, and no phase is folded.
 */
export function logRows(
  events: readonly JobEvent[],
  folded: ReadonlySet<string>,
  search: string,
): LogRow[] {
  const words = search.toLowerCase();
  const rows: LogRow[] = [];
  let heading: PhaseRow | null = null;
  for (const event of events) {
    const text = textOf(event);
    if (text === null) continue;
    if (words && !text.toLowerCase().includes(words)) continue;
    if (!heading || (event.phase && event.phase !== heading.phase)) {
      const phase = event.phase || 'start';
      heading = {
        type: 'phase',
        key: `${phase}-${event.id}`,
        phase,
        lines: 0,
        folded: !words && folded.has(phase),
      };
      rows.push(heading);
    }
    heading.lines++;
    if (!heading.folded) {
      rows.push({
        type: 'line',
        key: `e${event.id}`,
        seq: event.stream === 'manager' ? null : event.seq,
        at: event.at,
        text,
        stream: event.stream,
        phase: heading.phase,
      });
    }
  }
  return rows;
}

/**
 * What an event says in the log. The agent's status has its place above the log
 * and says nothing that its lines do not; the manager speaks by status alone.
 */
function textOf(event: JobEvent): string | null {
  if (event.kind === 'log') return event.line;
  return event.stream === 'manager' && event.message ? event.message : null;
}

/** The log as text, to copy. */
export function logText(events: readonly JobEvent[]): string {
  return events
    .map((event) => ({ event, text: textOf(event) }))
    .filter(({ text }) => text !== null)
    .map(({ event, text }) => `${event.at} ${event.phase} ${text}`)
    .join('\n');
}
