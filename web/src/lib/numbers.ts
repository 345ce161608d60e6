const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes with one decimal above 1 KiB; the sign stays. */
export function bytes(n: number): string {
  let value = Math.abs(n);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1);
  return `${n < 0 ? '-' : ''}${text} ${units[unit]}`;
}

export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round((part / whole) * 100) : 0;
}

/** A whole number above zero as it stands in an address; anything else is left out. */
export function positiveWhole(text: string): number | undefined {
  const n = Number(text);
  return Number.isInteger(n) && n > 0 ? n : undefined;
}
