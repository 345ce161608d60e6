import { calm } from '../lib/calm';
import type { ErrorBody, ErrorDetail } from './types';

/** An answer of the manager that is not a success, or none at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly details: ErrorDetail[];
  /** Seconds to wait before trying again; 0 when the manager did not say. */
  readonly retryAfter: number;

  constructor(status: number, body: ErrorBody, retryAfter = 0) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.code = body.code;
    this.requestId = body.request_id;
    this.details = body.details ?? [];
    this.retryAfter = retryAfter;
  }
}

/**
 * Words for the codes that a person can do something about. Every other code is
 * shown with the manager's own message.
 */
const words: Record<string, string> = {
  invalid_credentials: 'User name or password is wrong.',
  too_many_attempts: 'Too many failed attempts: nobody can try again for a while.',
  invalid_code: 'This code is wrong, or it was used already. Wait for the next one.',
  challenge_ended:
    'This sign-in took too long or was tried too often. Begin again with your password.',
  sign_in_refused: 'This account cannot be used any more. Ask an administrator.',
  step_up_cancelled: calm.notConfirmed,
  last_factor: 'This is your only second factor. Add another one first.',
  no_password: 'You sign in through your organisation and have no password here.',
  session_ended: 'Your session has ended. Sign in again.',
  mfa_setup_required: 'Set up a second factor before you go on.',
  password_change_required: 'Choose a new password before you go on.',
  last_admin:
    'This would leave nobody who can administrate: it is the last enabled local admin. Make another local user an admin first.',
  own_account: 'Nobody disables, demotes or deletes their own account. Ask another admin to do it.',
  person_required: 'An API token cannot do this. Sign in as a person.',
  settings_changed: 'Somebody else has changed these settings since you opened them.',
  unreachable: 'The manager does not answer. Check the connection and that it is running.',
};

/** One or two sentences for a person, never a bare code. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ApiError)) {
    return error instanceof Error ? error.message : 'Something unexpected went wrong.';
  }
  const text = words[error.code] ?? error.message;
  if (error.code === 'too_many_attempts' && error.retryAfter > 0) {
    return `${text} Try again in ${waitWords(error.retryAfter)}.`;
  }
  return text || `The manager answered with status ${error.status}.`;
}

function waitWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

/** Message by field of a 422; a field "body.note" is known to forms as "note". */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.details
      .filter((detail) => detail.field)
      .map((detail) => [(detail.field ?? '').replace(/^body\./, ''), detail.message]),
  );
}

/** What to quote when asking for help; empty when no answer came. */
export function requestIdOf(error: unknown): string {
  return error instanceof ApiError ? error.requestId : '';
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
