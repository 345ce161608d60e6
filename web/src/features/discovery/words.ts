import type { DiscoveryScan } from '../../api/types';
import { duration } from '../../lib/dates';
import { count, groups } from '../../lib/words';

export const foundIn = (scan: DiscoveryScan) =>
  Object.values(scan.found).reduce((sum, n) => sum + n, 0);

/** "512 of 1,022 probed · 640 a second · about 2 s left". */
export function progressWords(scan: DiscoveryScan): string {
  const parts = [`${groups(scan.probed)} of ${groups(scan.total)} probed`];
  if (scan.state === 'queued') return 'Waits until one of the two running scans has ended.';
  if (scan.rate !== null) parts.push(`${groups(Math.round(scan.rate))} a second`);
  if (scan.seconds_left !== null) parts.push(`about ${duration(scan.seconds_left)} left`);
  if (scan.state === 'running' && scan.rate === null && scan.probed > 0)
    parts.push('waits for a worker to go on');
  if (scan.started_at && scan.finished_at) parts.push(`in ${tookWords(scan)}`);
  return parts.join(' · ');
}

/** How long it took; short ones to the tenth of a second. */
export function tookWords(scan: DiscoveryScan): string {
  if (!scan.started_at || !scan.finished_at) return '–';
  const seconds = (Date.parse(scan.finished_at) - Date.parse(scan.started_at)) / 1000;
  return seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

/** Of those that are only counted: "1,003 silent, 12 without anything on the port". */
export function quietWords(scan: DiscoveryScan): string {
  const parts = [
    scan.silent > 0 && `${groups(scan.silent)} silent`,
    scan.closed > 0 && `${count(scan.closed, 'machine')} without anything on port ${scan.port}`,
    scan.unreachable > 0 && `${groups(scan.unreachable)} unreachable`,
    scan.skipped > 0 && `${groups(scan.skipped)} that could not be tried`,
  ].filter(Boolean);
  return parts.join(', ');
}
