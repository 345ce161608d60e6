import type { BulkResult, Target } from '../../api/types';

/** What every dialog about the chosen hosts gets. */
export type BulkProps = {
  target: Target;
  /** How many hosts the target has. */
  n: number;
  /** done: the act in the past, for "Labelled 12 hosts". */
  onDone: (done: string, result: BulkResult) => void;
  onClose: () => void;
};

/** Above so many hosts the act takes long enough to say that it is under way. */
export const slowAbove = 500;
