import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');

/** Where the run leaves what tests need to know about the stack: see stack.ts. */
export const stateFile = `${root}/tmp/e2e/state.json`;

/** Pictures of every page; `make screenshots` takes them over into docs/screenshots. */
export const screenshots = `${root}/tmp/screenshots`;

/** The name in http.public_url. No name server has it: see host-resolver-rules in playwright.config.ts. */
export const publicName = 'patches.example.com';
