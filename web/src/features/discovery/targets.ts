/** What somebody typed or pasted, as the manager wants it; `n` addresses will be probed. */
export type Targets = { cidr?: string; addresses?: string[]; n: number; problem: string };

/** Limits as the manager has them. */
const widest = 16;
const mostListed = 4096;

const nothing = { n: 0, problem: '' };

/** A network, or addresses with anything between them. The manager checks everything once more. */
export function targetsOf(text: string): Targets {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  if (words.length === 0) return nothing;
  const networks = words.filter((word) => word.includes('/'));
  if (networks.length > 0 && words.length > 1) {
    return { ...nothing, problem: 'One network at a time, or a list of single addresses.' };
  }
  return networks[0] ? networkOf(networks[0]) : listOf(words);
}

function networkOf(word: string): Targets {
  const [address = '', bitsText = ''] = word.split('/');
  const bits = Number(bitsText);
  if (address.includes(':')) {
    return {
      ...nothing,
      problem:
        'An IPv6 network has too many addresses to try them all. Give a list of addresses instead.',
    };
  }
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bitsText) || bits > 32) {
    return { ...nothing, problem: 'Must be an IPv4 network such as 192.0.2.0/24.' };
  }
  if (bits < widest) {
    return {
      ...nothing,
      problem: `A /${bits} has ${(2 ** (32 - bits)).toLocaleString('en-US')} addresses; at most a /${widest} is scanned at once. Scan it in parts.`,
    };
  }
  const all = 2 ** (32 - bits);
  // The first address is the network's own and the last is everybody's.
  return { cidr: word, n: all > 2 ? all - 2 : all, problem: '' };
}

function listOf(words: string[]): Targets {
  const bad = words.find((word) => !isIPv4(word) && !isIPv6(word));
  if (bad) {
    return {
      ...nothing,
      problem: `"${bad.slice(0, 60)}" is neither an IPv4 nor an IPv6 address, nor a network.`,
    };
  }
  if (words.length > mostListed) {
    return {
      ...nothing,
      problem: `${words.length.toLocaleString('en-US')} addresses; at most ${mostListed.toLocaleString('en-US')} in one scan. Split the list.`,
    };
  }
  const addresses = [...new Set(words)];
  return { addresses, n: addresses.length, problem: '' };
}

function isIPv4(word: string): boolean {
  const parts = word.split('.');
  return parts.length === 4 && parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && Number(p) <= 255);
}

/** Good enough to tell an address from a typing error. */
function isIPv6(word: string): boolean {
  return word.split(':').length > 2 && /^[0-9a-f:]+(:\d+\.\d+\.\d+\.\d+)?$/i.test(word);
}

/** A /22: above it somebody may wonder who knocks at all these doors. */
const large = 1022;

/** What to know before so many addresses are probed; empty when there is nothing to say. */
export function warningFor(n: number): string {
  if (n <= large) return '';
  const waves = Math.ceil(n / 1024) * 1.5;
  const time = waves < 60 ? `${Math.ceil(waves)} seconds` : `${Math.ceil(waves / 60)} minutes`;
  return `${n.toLocaleString('en-US')} addresses take up to about ${time}, and a network monitor may take the scan for an attack. Tell whoever watches these networks.`;
}

/** "env=prod, web" as labels; null when one of them cannot be one. */
export function labelsOf(text: string): { key: string; value: string }[] | null {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  const labels = words.map((word) => {
    const at = word.indexOf('=');
    return at < 0
      ? { key: word, value: '' }
      : { key: word.slice(0, at), value: word.slice(at + 1) };
  });
  const good = labels.every(({ key }) => /^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$/.test(key));
  return good ? labels : null;
}
