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

const two = (n: number) => String(n).padStart(2, '0');

/** "2026-11-23 02:00:05" in the viewer's zone. */
export function exact(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clockTime(at)}`;
}

/** "02:00:05" in the viewer's zone. */
export function clockTime(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The exact time with its zone, and in UTC: what a hover shows. */
export function exactInZones(at: Date): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const utc = at.toISOString().slice(0, 19).replace('T', ' ');
  return zone === 'UTC' ? `${utc} UTC` : `${exact(at)} ${zone}\n${utc} UTC`;
}
