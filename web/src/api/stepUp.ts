import { useSyncExternalStore } from 'react';

/**
 * Asks whoever sits there to show the second factor again. A call that the
 * manager refuses until then waits here; all calls that wait at the same time
 * share one question.
 *
 *   idle --confirm()--> asking --answer(yes or no)--> idle
 */
let answerer: ((fresh: boolean) => void) | null = null;
let question: Promise<boolean> | null = null;
let dialogs = 0;
const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

export const stepUp = {
  /** True once a second factor was shown, false when the person gave up; null when nobody can be asked. */
  confirm(): Promise<boolean> | null {
    if (dialogs === 0) return null;
    question ??= new Promise<boolean>((resolve) => {
      answerer = resolve;
    });
    tell();
    return question;
  },

  answer(fresh: boolean) {
    answerer?.(fresh);
    answerer = null;
    question = null;
    tell();
  },

  isAsking: () => question !== null,

  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },

  /** The dialog says that it is there; what it returns takes it away and answers no. */
  attach() {
    dialogs++;
    return () => {
      dialogs--;
      if (dialogs === 0) stepUp.answer(false);
    };
  },
};

export function useStepUpQuestion(): boolean {
  return useSyncExternalStore(stepUp.subscribe, stepUp.isAsking);
}
