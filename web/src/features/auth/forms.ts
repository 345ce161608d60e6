import { z } from '../../lib/schema';

export const signInForm = z.object({
  username: z.string().trim().min(1, 'Enter your user name.'),
  password: z.string().min(1, 'Enter your password.'),
});
export type SignInForm = z.infer<typeof signInForm>;

/** The least length that the manager accepts. */
export const minimumPassword = 12;

export const passwordForm = z
  .object({
    current_password: z.string().min(1, 'Enter the password you signed in with.'),
    new_password: z.string().min(minimumPassword, `Use at least ${minimumPassword} characters.`),
    repeated: z.string(),
  })
  .refine((form) => form.new_password !== form.current_password, {
    path: ['new_password'],
    message: 'Choose a password that differs from the old one.',
  })
  .refine((form) => form.new_password === form.repeated, {
    path: ['repeated'],
    message: 'The two new passwords differ.',
  });
export type PasswordForm = z.infer<typeof passwordForm>;

export const accountForm = z.object({
  display_name: z.string().trim().max(100, 'At most 100 characters.'),
  email: z
    .string()
    .trim()
    .max(254, 'At most 254 characters.')
    .refine(
      (text) => text === '' || /^[^@\s]+@[^@\s]+$/.test(text),
      'This is not an e-mail address.',
    ),
});
export type AccountForm = z.infer<typeof accountForm>;

export const tokenForm = z
  .object({
    name: z.string().trim().min(1, 'Say what uses it.').max(100, 'At most 100 characters.'),
    role: z.enum(['admin', 'operator', 'auditor']),
    read_only: z.boolean(),
    narrowed: z.boolean(),
    group_ids: z.array(z.string()),
    expires_in_days: z
      .number('Enter a number of days.')
      .int('Whole days.')
      .min(1, 'At least 1 day.')
      .max(365, 'At most 365 days: then make a new one.'),
  })
  .refine((form) => !form.narrowed || form.group_ids.length > 0, {
    path: ['group_ids'],
    message: 'Choose at least one group.',
  });
export type TokenForm = z.infer<typeof tokenForm>;
