import { z } from '../../lib/schema';

/** Limits as the manager has them; whatever else it refuses is shown at its field. */
const person = {
  display_name: z.string().trim().max(200, 'At most 200 characters.'),
  email: z
    .string()
    .trim()
    .max(254, 'At most 254 characters.')
    .refine(
      (text) => text === '' || /^[^\s@]+@[^\s@]+$/.test(text),
      'Write it like name@example.com.',
    ),
  role: z.enum(['admin', 'operator', 'auditor']),
  group_ids: z.array(z.string()),
};

export const userForm = z.object({
  username: z
    .string()
    .trim()
    .min(1, 'Enter a user name.')
    .max(64, 'At most 64 characters.')
    .regex(/^\S+$/, 'No spaces: this is typed at every sign-in.'),
  ...person,
});
export type UserForm = z.infer<typeof userForm>;
