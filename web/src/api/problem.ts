import { messageOf, requestIdOf } from './errors';

/** An error and how to try again, in the form that tables and error boxes show. */
export function problemOf(query: { error: unknown; refetch: () => unknown; data?: unknown }) {
  if (!query.error || query.data !== undefined) return null;
  return {
    message: messageOf(query.error),
    requestId: requestIdOf(query.error),
    retry: () => void query.refetch(),
  };
}
