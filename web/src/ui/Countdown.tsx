import { useEffect, useState } from 'react';

/** "4:32", or "12 s" in the last minute. */
export function clockWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whole seconds until a moment, counted down; 0 when there is none or it is over. */
export function useSecondsUntil(moment: number): number {
  const left = () => Math.max(0, Math.ceil((moment - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the moment is what it counts to
  useEffect(() => {
    setSeconds(left());
    if (moment <= Date.now()) return;
    const timer = setInterval(() => {
      setSeconds(left());
      if (moment <= Date.now()) clearInterval(timer);
    }, 1000);
    return () => clearInterval(timer);
  }, [moment]);
  return seconds;
}
