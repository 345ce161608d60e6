/**
 * Runs `work` after at most `milliseconds`, once for all calls until then: a
 * burst of messages becomes one refresh, and the last one is never lost.
 */
export function throttled(milliseconds: number, work: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      work();
    }, milliseconds);
  };
}
