/**
 * Runs `work` after at most `milliseconds`, once for all calls until then: a
 * burst of messages becomes one refresh, and the last one is never lost.
 */
export function throttled(milliseconds: number, work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work();
    }, milliseconds);
  };
}
