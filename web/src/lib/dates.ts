const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** Seconds as "42 s", "3 min", "5 h", "12 d". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < minute) return `${s} s`;
  if (s < hour)
    return s < 10 * minute && s % minute
      ? `${Math.floor(s / minute)} min ${s % minute} s`
      : `${Math.floor(s / minute)} min`;
  if (s < 2 * day) {
    const rest = Math.floor((s % hour) / minute);
    return s < 10 * hour && rest
      ? `${Math.floor(s / hour)} h ${rest} min`
      : `${Math.floor(s / hour)} h`;
  }
  return `${Math.floor(s / day)} d`;
}

/** "3 min ago", "in 6 h", "just now". */
export function relative(at: Date, now: Date): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  if (Math.abs(seconds) < 5) return 'just now';
  const text = coarse(Math.abs(seconds));
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function coarse(seconds: number): string {
  if (seconds < minute) return `${Math.round(seconds)} s`;
  if (seconds < hour) return `${Math.floor(seconds / minute)} min`;
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)} h`;
  return `${Math.floor(seconds / day)} d`;
}

let chosen = '';
let parts: Intl.DateTimeFormat | null = null;
const watchers = new Set<() => void>();

/** The zone in which all times are shown: an IANA name, or empty for the browser's own. */
export const zone = {
  get: () => chosen || Intl.DateTimeFormat().resolvedOptions().timeZone,

  /** A name that this browser does not know leaves its own zone. */
  set(name: string) {
    const next = isZone(name) ? name : '';
    if (next === chosen) return;
    chosen = next;
    parts = null;
    for (const watcher of watchers) watcher();
  },

  subscribe(watcher: () => void) {
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
    };
  },
};

export function isZone(name: string): boolean {
  if (!name) return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Date and time in the chosen zone, as [2026-11-23, 02:00:05]. */
function inZone(at: Date): [day: string, time: string] {
  parts ??= new Intl.DateTimeFormat('en-GB', {
    timeZone: chosen || undefined,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const p = Object.fromEntries(parts.formatToParts(at).map((part) => [part.type, part.value]));
  return [`${p.year}-${p.month}-${p.day}`, `${p.hour}:${p.minute}:${p.second}`];
}

/** "2026-11-23 02:00:05" in the viewer's zone. */
export function exact(at: Date): string {
  return inZone(at).join(' ');
}

/** "2026-11-23" in the viewer's zone. */
export function calendarDay(at: Date): string {
  return inZone(at)[0];
}

/** "02:00:05" in the viewer's zone. */
export function clockTime(at: Date): string {
  return inZone(at)[1];
}

/** The exact time with its zone, and in UTC: what a hover shows. */
export function exactInZones(at: Date): string {
  const utc = at.toISOString().slice(0, 19).replace('T', ' ');
  return zone.get() === 'UTC' ? `${utc} UTC` : `${exact(at)} ${zone.get()}\n${utc} UTC`;
}
