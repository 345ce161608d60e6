/** "1 host", "3 hosts"; an irregular plural is given. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${groups(n)} ${n === 1 ? one : many}`;
}

/** 12345 as "12,345". */
export function groups(n: number): string {
  return n.toLocaleString('en-US');
}

/** "a", "a and b", "a, b and 3 more". */
export function listOf(names: string[], shown = 3): string {
  if (names.length === 0) return 'none';
  if (names.length <= shown) {
    const last = names.at(-1) as string;
    return names.length === 1 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
  }
  return `${names.slice(0, shown).join(', ')} and ${groups(names.length - shown)} more`;
}

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An enum value as a person writes it: "partially_failed" as "Partially failed". */
export function plain(value: string): string {
  return capitalize(value.replaceAll('_', ' '));
}

/** "Debian GNU/Linux 12 (bookworm)" as "Debian 12", for narrow columns. */
export function shortSystem(system: string): string {
  return system
    .replace(/ GNU\/Linux/, '')
    .replace(/\s*\([^)]*\)$/, '')
    .replace(/(\d+\.\d+)\.\d+/, '$1');
}
