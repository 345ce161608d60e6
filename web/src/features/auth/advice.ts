import type { Status } from '../../lib/status';
import { count } from '../../lib/words';
import { minimumPassword } from './forms';

export type Advice = { percent: number; status: Status; words: string };

/** From here on another character adds nothing that matters. */
const plenty = 20;

/**
 * How good a password is, by its length: nothing else about it helps as much, and
 * rules about digits and signs only make people write it down. The manager also
 * refuses the ones that everybody uses.
 */
export function adviceFor(password: string): Advice {
  const n = [...password].length;
  const percent = Math.min(100, Math.round((n / plenty) * 100));
  const status = (label: string, tone: Status['tone'], shape: Status['shape']) => ({
    label,
    tone,
    shape,
  });
  if (n === 0)
    return {
      percent: 0,
      status: status('Empty', 'unknown', 'question'),
      words: `At least ${minimumPassword} characters. Four or five words that do not belong together are long and easy to type.`,
    };
  if (n < minimumPassword)
    return {
      percent,
      status: status('Too short', 'critical', 'cross'),
      words: `Too short: ${count(minimumPassword - n, 'more character')} needed.`,
    };
  if (new Set(password).size < 5)
    return {
      percent: Math.min(percent, 50),
      status: status('Weak', 'high', 'warning'),
      words: 'Long enough, but the same few characters over and over are easy to guess.',
    };
  if (n < 16)
    return {
      percent,
      status: status('Acceptable', 'medium', 'half'),
      words: 'Long enough. One more word makes it much better.',
    };
  return {
    percent,
    status: status(n < plenty ? 'Good' : 'Very good', 'ok', 'check'),
    words: n < plenty ? 'Good.' : 'Very good.',
  };
}
