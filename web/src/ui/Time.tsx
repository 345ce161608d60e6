import { Tooltip } from '@mui/material';
import { useSyncExternalStore } from 'react';
import { exact, exactInZones, relative, zone } from '../lib/dates';

/** One clock for all relative times of the page, so that a long table has one timer. */
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const readers = new Set<() => void>();

function subscribe(reader: () => void) {
  readers.add(reader);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of readers) each();
  }, 10_000);
  return () => {
    readers.delete(reader);
    if (readers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The present, renewed every ten seconds. */
export function useNow(): Date {
  return new Date(useSyncExternalStore(subscribe, () => now));
}

/** The viewer's zone; whoever reads it is drawn again when another is chosen. */
export function useZone(): string {
  return useSyncExternalStore(zone.subscribe, zone.get);
}

/** The exact time as text, in the viewer's zone; pointing at it shows UTC too. */
export function ExactTime(props: { at: string }) {
  useZone();
  const at = new Date(props.at);
  return (
    <Tooltip title={exactInZones(at)} describeChild>
      <time dateTime={props.at} className="num">
        {exact(at)}
      </time>
    </Tooltip>
  );
}

/** A relative time; pointing at it shows the exact one with its zone. */
export function Time(props: { at: string | null | undefined; never?: string }) {
  const present = useNow();
  useZone();
  if (!props.at) return <span>{props.never ?? 'never'}</span>;
  const at = new Date(props.at);
  // Something newer than the clock's last tick happened now, not in the future.
  const reference = at.getTime() > present.getTime() ? new Date() : present;
  return (
    <Tooltip title={exactInZones(at)} describeChild>
      <time dateTime={props.at}>{relative(at, reference)}</time>
    </Tooltip>
  );
}
