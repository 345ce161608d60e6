/** "UTC+05:30" for a zone at a moment. */
export function offsetOf(zone: string, at: Date): string {
  const part = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value;
  return (part ?? 'GMT').replace('GMT', 'UTC');
}

/** All zones that this browser knows by their IANA names, UTC first. */
export function allZones(): string[] {
  const known = Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC');
  return ['UTC', ...known];
}

const simple = (text: string) =>
  text.toLowerCase().replace(/[_/]/g, ' ').normalize('NFD').replace(/\p{M}/gu, '');

/** Whether every word that was typed is in the name or the offset: "york", "america new", "+02". */
export function zoneMatches(zone: string, offset: string, words: string): boolean {
  const text = `${simple(zone)} ${offset.toLowerCase()}`;
  return simple(words)
    .split(/\s+/)
    .every((word) => text.includes(word));
}
