import { HttpResponse, http } from 'msw';
import { afterEach, expect, it, vi } from 'vitest';
import { server } from '../test/server';
import { isChunkError, retried, whyNotLoaded } from './chunks';

const lost = () => new TypeError('Failed to fetch dynamically imported module: /assets/Page-1.js');
afterEach(() => {
  vi.useRealTimers();
  document.head.innerHTML = '';
});

it('loads a page once more when its file did not arrive', async () => {
  vi.useFakeTimers();
  const load = vi.fn().mockRejectedValueOnce(lost()).mockResolvedValueOnce('page');
  const page = retried(load)();
  await vi.runAllTimersAsync();
  await expect(page).resolves.toBe('page');
  expect(load).toHaveBeenCalledTimes(2);
});

it('waits for the network before it asks again', async () => {
  vi.useFakeTimers();
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  const load = vi.fn().mockRejectedValueOnce(lost()).mockResolvedValueOnce('page');
  const page = retried(load, 60_000)();
  await vi.advanceTimersByTimeAsync(5000);
  expect(load).toHaveBeenCalledTimes(1);
  window.dispatchEvent(new Event('online'));
  await expect(page).resolves.toBe('page');
});

it('gives up after the second time, and at once on what another attempt cannot change', async () => {
  vi.useFakeTimers();
  const load = vi.fn().mockRejectedValue(lost());
  const page = retried(load)().catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  expect(isChunkError(await page)).toBe(true);
  expect(load).toHaveBeenCalledTimes(2);
  const broken = vi.fn().mockRejectedValue(new Error('x is not a function'));
  await expect(retried(broken)()).rejects.toThrow('x is not a function');
  expect(broken).toHaveBeenCalledTimes(1);
});

it('tells an updated manager from a lost connection', async () => {
  const script = document.createElement('script');
  script.type = 'module';
  script.setAttribute('src', '/assets/index-OLD.js');
  document.head.append(script);
  server.use(http.get('*/', () => HttpResponse.text('<script src="/assets/index-NEW.js">')));
  await expect(whyNotLoaded()).resolves.toBe('updated');
  server.use(http.get('*/', () => HttpResponse.text('<script src="/assets/index-OLD.js">')));
  await expect(whyNotLoaded()).resolves.toBe('broken');
  server.use(http.get('*/', () => HttpResponse.error()));
  await expect(whyNotLoaded()).resolves.toBe('unreachable');
  server.use(http.get('*/', () => new HttpResponse(null, { status: 502 })));
  await expect(whyNotLoaded()).resolves.toBe('unreachable');
});
