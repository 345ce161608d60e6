import { z } from '../../lib/schema';
import { labelsProblem } from './labels';

const labels = z.array(z.string()).superRefine((texts, context) => {
  const problem = labelsProblem(texts);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const port = z
  .string()
  .trim()
  .refine(
    (text) => text === '' || (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535),
    'A TCP port, 1 to 65535.',
  );

const note = z.string().trim().max(2000, 'At most 2000 characters.');

/** Limits as the manager has them. */
export const registerForm = z.object({
  address: z.string().trim().min(1, 'Enter a host name or an address.').max(253),
  name: z.string().trim().max(253, 'At most 253 characters.'),
  port,
  group_ids: z.array(z.string()),
  labels,
  note,
});
export type RegisterForm = z.infer<typeof registerForm>;

export const editForm = z.object({
  name: z.string().trim().min(1, 'Enter a name.').max(253, 'At most 253 characters.'),
  address: z.string().trim().min(1, 'Enter a host name or an address.').max(253),
  port: port.refine((text) => text !== '', 'A TCP port, 1 to 65535.'),
  labels,
});
export type EditForm = z.infer<typeof editForm>;

export const noteForm = z.object({ note });
export type NoteForm = z.infer<typeof noteForm>;
