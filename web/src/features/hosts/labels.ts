import type { Label } from '../../api/types';

const keyRule = /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/;

/** A label as people write it: key=value, or key. */
export const labelText = (label: Label) =>
  label.value ? `${label.key}=${label.value}` : label.key;

export function parseLabel(text: string): Label {
  const at = text.indexOf('=');
  if (at < 0) return { key: text.trim(), value: '' };
  return { key: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
}

/** Why these texts are no labels of one host, with the manager's limits; empty: they are. */
export function labelsProblem(texts: string[]): string {
  if (texts.length > 32) return 'A host has at most 32 labels.';
  const seen = new Set<string>();
  for (const text of texts) {
    const { key, value } = parseLabel(text);
    if (!keyRule.test(key))
      return `"${text}": a key has 1 to 63 small letters, digits, dots, slashes, dashes and underscores.`;
    if (value.length > 128) return `"${key}": a value has at most 128 characters.`;
    if (seen.has(key)) return `"${key}" is there twice; a host has each key once.`;
    seen.add(key);
  }
  return '';
}
