import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Where the run leaves what tests need to know about the stack: see stack.ts. */
export const stateFile = `${root}/tmp/e2e/state.json`;

/** Screenshots that the documentation shows. */
export const screenshots = `${root}/docs/screenshots`;
