import type { User } from '../../../api/types';
import type { Status } from '../../../lib/status';
import type { Step } from '../../../ui/Stepper';

export type SetupStep = 'password' | 'factor' | 'codes' | 'done';

/** What the user still has to do before anything else is open to them. */
export const mustSetUp = (user: User | null) =>
  Boolean(user && (user.must_change_password || user.must_set_up_mfa));

/**
 * Where a user stands: what the manager says, and the codes that this page holds.
 * A reload comes back to the same step, except that codes cannot be shown again.
 */
export function stepOf(user: User, codes: string[] | null): SetupStep {
  if (user.must_change_password) return 'password';
  if (user.must_set_up_mfa) return 'factor';
  return codes ? 'codes' : 'done';
}

const names: Record<SetupStep, string> = {
  password: 'Password',
  factor: 'Second factor',
  codes: 'Recovery codes',
  done: 'Done',
};
const states: Record<'past' | 'now' | 'next', Status> = {
  past: { label: 'Done', tone: 'ok', shape: 'check' },
  now: { label: 'Now', tone: 'running', shape: 'play' },
  next: { label: 'Next', tone: 'neutral', shape: 'clock' },
};

/** The way as a list; who signs in at a provider has no password here. */
export function stepsFor(user: User, at: SetupStep): Step[] {
  const way: SetupStep[] = user.local
    ? ['password', 'factor', 'codes', 'done']
    : ['factor', 'codes', 'done'];
  const here = way.indexOf(at);
  return way.map((key, i) => ({
    key,
    label: names[key],
    status: i < here ? states.past : i === here ? states.now : states.next,
    current: i === here,
  }));
}
