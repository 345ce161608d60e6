import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/errors';

/** Answers that asking again cannot change: what the manager refused it refuses again. */
function mayPass(error: unknown): boolean {
  return (
    !(error instanceof ApiError) ||
    error.status === 0 ||
    error.status >= 500 ||
    error.status === 429
  );
}

export function makeQueryClient() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 2 && mayPass(error),
        staleTime: 5000,
        // What is on the page stays there when a later answer fails; it says how old it is.
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}
