import { isZone } from './dates';

/** "UTC+05:30" for a zone at a moment. */
export function offsetOf(zone: string, at: Date): string {
  const part = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value;
  return (part ?? 'GMT').replace('GMT', 'UTC');
}

/** Browsers list some zones by names that were given up years ago; these are their names today. */
const renamed: Record<string, string> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Coral_Harbour': 'America/Atikokan',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
};

function nameToday(zone: string): string {
  const today = renamed[zone];
  return today && isZone(today) ? today : zone;
}

/** All zones that this browser knows, by their IANA names of today, UTC first. */
export function allZones(): string[] {
  const known = Intl.supportedValuesOf('timeZone').map(nameToday);
  return [...new Set(['UTC', ...known.sort()])];
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
