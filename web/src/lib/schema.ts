import { z } from 'zod';

// Without this zod tries whether it may compile code, which the page's policy
// refuses and the browser reports as a violation.
z.config({ jitless: true });

export type { ZodType } from 'zod';
export { z };
