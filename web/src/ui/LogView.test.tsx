import { act, fireEvent, render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { isAtBottom, LogView, logRowHeight } from './LogView';

const height = 200;

/** jsdom lays nothing out: the box gets the sizes that a browser would give it. */
function sized(rows: () => number) {
  const box = screen.getByRole('log');
  Object.defineProperty(box, 'clientHeight', { configurable: true, get: () => height });
  Object.defineProperty(box, 'scrollHeight', {
    configurable: true,
    get: () => rows() * logRowHeight,
  });
  return box;
}

const view = (rows: number) => (
  <LogView
    label="Log"
    height={height}
    rows={rows}
    rowKey={(i) => i}
    row={(i) => `line ${i}`}
    empty="Nothing yet"
  />
);

it('follows while at the end, stops when the reader goes up, and leads back', () => {
  let rows = 100;
  const { rerender } = render(view(0));
  expect(screen.getByText('Nothing yet')).toBeInTheDocument();
  const box = sized(() => rows);
  rerender(view(rows));
  expect(box.scrollTop).toBe(100 * logRowHeight);

  box.scrollTop = 400;
  fireEvent.scroll(box);
  rows = 130;
  rerender(view(rows));
  expect(box.scrollTop).toBe(400);
  const back = screen.getByRole('button', { name: '30 new lines' });

  act(() => back.click());
  expect(box.scrollTop).toBe(130 * logRowHeight);
  expect(screen.queryByRole('button')).toBeNull();
});

it('goes on following when the window, not the reader, moves the view', () => {
  let rows = 100;
  const { rerender } = render(view(0));
  const box = sized(() => rows);
  rerender(view(rows));
  rows = 130; // lines that came while the window grew: the end is further down than the view
  Object.defineProperty(box, 'clientHeight', { configurable: true, value: 700 });
  box.scrollTop = 1300;
  fireEvent.scroll(box);
  rerender(view(rows));
  expect(box.scrollTop).toBe(130 * logRowHeight);
});

it('draws only what can be seen of a long log', () => {
  const { rerender } = render(view(0));
  sized(() => 50_000);
  rerender(view(50_000));
  expect(screen.getByRole('log').textContent?.match(/line/g)?.length ?? 0).toBeLessThan(100);
});

it('counts nearly the end as the end', () => {
  expect(isAtBottom({ scrollTop: 780, scrollHeight: 1000, clientHeight: 200 })).toBe(true);
  expect(isAtBottom({ scrollTop: 700, scrollHeight: 1000, clientHeight: 200 })).toBe(false);
});
