import type { Facets } from '../../api/types';
import { labelText } from './labelText';

type Counts = { value: string; count: number }[] | undefined;

/** Choices with the number of hosts that each of them leaves. */
export function counted(
  counts: Counts,
  words: Record<string, string>,
): [value: string, text: string][] {
  return Object.entries(words).map(([value, text]) => {
    const n = counts?.find((c) => c.value === value)?.count;
    return [value, n === undefined ? text : `${text} (${n})`];
  });
}

/** The same for a choice of several. */
export const countedPicks = (counts: Counts, words: Record<string, string>) =>
  counted(counts, words).map(([id, name]) => ({ id, name }));

/** Labels to choose from: a key for any value of it, then the values that it has. */
export function labelPicks(facets: Facets | undefined) {
  const keys = (facets?.label_keys ?? []).map((key) => ({
    id: key.value,
    name: `${key.value}: any value (${key.count})`,
    group: key.value,
  }));
  const values = (facets?.labels ?? [])
    .filter((label) => label.value)
    .map((label) => ({
      id: labelText(label),
      name: `${labelText(label)} (${label.count})`,
      group: label.key,
    }));
  return [...keys, ...values]
    .sort((a, b) => a.group.localeCompare(b.group))
    .map(({ id, name }) => ({ id, name }));
}
