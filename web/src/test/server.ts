import { setupServer } from 'msw/node';

/** Nothing is answered unless a test says how: a call that nobody expects fails the test. */
export const server = setupServer();
