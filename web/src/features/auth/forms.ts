import { z } from 'zod';

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
