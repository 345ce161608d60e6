/** A label as people write it. */
export const labelText = (label: { key: string; value: string }) =>
  label.value ? `${label.key}=${label.value}` : label.key;
