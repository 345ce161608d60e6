import { afterEach, expect, it, vi } from 'vitest';
import { calendarDay, clockTime, exact, exactInZones, zone } from './dates';
import { allZones, offsetOf, zoneMatches } from './zones';

afterEach(() => zone.set(''));
const at = new Date('2026-11-23T23:30:05Z');

it('shows dates in the chosen zone, over midnight and with half hours', () => {
  zone.set('Asia/Kolkata');
  expect([exact(at), calendarDay(at), clockTime(at)]).toEqual([
    '2026-11-24 05:00:05',
    '2026-11-24',
    '05:00:05',
  ]);
  expect(exactInZones(at)).toBe('2026-11-24 05:00:05 Asia/Kolkata\n2026-11-23 23:30:05 UTC');
  zone.set('America/New_York');
  expect(exact(new Date('2026-07-01T04:00:00Z'))).toBe('2026-07-01 00:00:00');
  zone.set('UTC');
  expect(exactInZones(at)).toBe('2026-11-23 23:30:05 UTC');
});

it('keeps the own zone of the browser when another one is not known, and tells those who watch', () => {
  const watcher = vi.fn();
  const stop = zone.subscribe(watcher);
  zone.set('Mars/Olympus_Mons');
  expect(zone.get()).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(watcher).not.toHaveBeenCalled();
  zone.set('Asia/Tokyo');
  zone.set('Asia/Tokyo');
  expect(watcher).toHaveBeenCalledTimes(1);
  stop();
});

it('lists zones by the names that they have today, UTC first', () => {
  const zones = allZones();
  expect(zones[0]).toBe('UTC');
  expect(zones).toEqual(expect.arrayContaining(['Asia/Kolkata', 'Asia/Kathmandu', 'Europe/Kyiv']));
  expect(zones).not.toContain('Asia/Calcutta');
  expect(new Set(zones).size).toBe(zones.length);
});

it('finds a zone by its parts and its offset', () => {
  const offset = offsetOf('America/New_York', at);
  expect(offset).toBe('UTC-05:00');
  for (const words of ['york', 'new york', 'america new', '-05', 'New_York'])
    expect(zoneMatches('America/New_York', offset, words), words).toBe(true);
  expect(zoneMatches('America/New_York', offset, 'york europe')).toBe(false);
});
