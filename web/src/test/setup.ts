import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { session } from '../api/session';
import { dropNotices } from '../ui/notify';
import { server } from './server';

configure({ asyncUtilTimeout: 15_000 });
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  localStorage.clear();
  session.end();
  dropNotices();
});
afterAll(() => server.close());
