import { Box, Button } from '@mui/material';
import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { count } from '../lib/words';
import { line, mono, raised } from './tones';

/** Height of every row in pixels: all alike, so that 100,000 lines cost as much as 50. */
export const logRowHeight = 20;
const overscan = 20;
/** How near to the end, in pixels, still counts as being at it. */
const bottomSlack = logRowHeight * 1.5;

export function isAtBottom(view: {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}): boolean {
  return view.scrollHeight - view.scrollTop - view.clientHeight <= bottomSlack;
}

/**
 * A long list of equally high rows. It follows new rows only while the reader is
 * at the end; otherwise they are counted on a button that leads there.
 */
export function LogView(props: {
  label: string;
  rows: number;
  row: (index: number) => ReactNode;
  rowKey: (index: number) => string | number;
  /** Row to bring into view when this changes. */
  target?: number | null;
  empty: ReactNode;
  height: number | string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const lastHeight = useRef(0);
  const [view, setView] = useState({ top: 0, height: 480 });
  const [following, setFollowing] = useState(true);
  const [seen, setSeen] = useState(0);

  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    setView({ top: element.scrollTop, height: element.clientHeight || 480 });
    // Only a reader who scrolls up stops following: growth below does not move the
    // view, and a box that grows with its window is pulled up by the browser.
    const resized = element.clientHeight !== lastHeight.current;
    if (isAtBottom(element)) setFollowing(true);
    else if (!resized && element.scrollTop < lastTop.current) setFollowing(false);
    lastTop.current = element.scrollTop;
    lastHeight.current = element.clientHeight;
  }, []);

  const toEnd = useCallback(() => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
    measure();
  }, [measure]);

  useLayoutEffect(() => {
    if (!following) return;
    setSeen(props.rows);
    toEnd();
  }, [props.rows, following, toEnd]);

  useLayoutEffect(() => {
    if (props.target == null || !box.current) return;
    box.current.scrollTop = Math.max(0, (props.target - 5) * logRowHeight);
    setFollowing(isAtBottom(box.current));
    measure();
  }, [props.target, measure]);

  const first = Math.max(0, Math.floor(view.top / logRowHeight) - overscan);
  const last = Math.min(props.rows, Math.ceil((view.top + view.height) / logRowHeight) + overscan);
  const missed = props.rows - seen;
  return (
    <Box sx={{ position: 'relative', height: props.height, background: raised }}>
      <Box
        ref={box}
        role="log"
        aria-label={props.label}
        // A screen reader would read thousands of lines; the job's state is announced elsewhere.
        aria-live="off"
        tabIndex={0}
        onScroll={measure}
        sx={{
          height: '100%',
          overflow: 'auto',
          overflowAnchor: 'none', // the browser's own idea of staying in place would scroll up
          fontFamily: mono,
          fontSize: 12,
          lineHeight: `${logRowHeight}px`,
        }}
      >
        {props.rows === 0 ? (
          props.empty
        ) : (
          <Box
            sx={{
              height: props.rows * logRowHeight,
              position: 'relative',
              minWidth: 'max-content',
            }}
          >
            <Box style={{ transform: `translateY(${first * logRowHeight}px)` }}>
              {Array.from({ length: Math.max(0, last - first) }, (_, i) => (
                <Box
                  key={props.rowKey(first + i)}
                  sx={{ height: logRowHeight, whiteSpace: 'pre', pr: 2 }}
                >
                  {props.row(first + i)}
                </Box>
              ))}
            </Box>
          </Box>
        )}
      </Box>
      {!following && missed > 0 && (
        <Button
          variant="contained"
          onClick={toEnd}
          sx={{
            position: 'absolute',
            bottom: 12,
            left: '50%',
            transform: 'translateX(-50%)',
            border: `1px solid ${line}`,
          }}
        >
          {count(missed, 'new line')}
        </Button>
      )}
    </Box>
  );
}
