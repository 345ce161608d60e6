import { fieldErrors } from './errors';

type SetError<T> = (field: keyof T & string, error: { message: string }) => void;

/** Puts what the manager refused at the fields of a form; the rest stays in the message below. */
export function applyFieldErrors<T extends object>(
  error: unknown,
  values: object,
  setError: (field: never, error: { message: string }) => void,
) {
  for (const [field, message] of Object.entries(fieldErrors(error))) {
    const name = field.split(/[.[]/)[0] as string;
    if (name in values) (setError as SetError<T>)(name as keyof T & string, { message });
  }
}
