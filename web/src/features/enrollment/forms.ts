import { z } from '../../lib/schema';

/** Limits as the manager has them. */
export const tokenForm = z.object({
  note: z.string().trim().max(200, 'At most 200 characters.'),
  uses: z.coerce
    .number<number>('Enter a number.')
    .int('Enter a whole number.')
    .min(1, 'At least 1.')
    .max(1000, 'At most 1000.'),
  expires_in_hours: z.coerce
    .number<number>('Enter a number.')
    .int('Enter whole hours.')
    .min(1, 'At least 1 hour.')
    .max(720, 'At most 720 hours (30 days).'),
});
export type TokenForm = z.infer<typeof tokenForm>;

export const denyForm = z.object({
  reason: z
    .string()
    .trim()
    .min(3, 'Say why; the machine shows it to whoever asked.')
    .max(500, 'At most 500 characters.'),
});
export type DenyForm = z.infer<typeof denyForm>;
