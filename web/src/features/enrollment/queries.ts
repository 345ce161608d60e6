import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import type { Enrollment, EnrollmentTokenOrder } from '../../api/types';
import { notify } from '../../ui/notify';

/** Requests come from outside and have no live message; a new one shows within 5 s. */
const requestInterval = 5000;

export function useEnrollments(status: '' | 'pending') {
  return useQuery({
    queryKey: keys.enrollmentList(status),
    queryFn: ({ signal }) =>
      call('listEnrollments', { query: { status: status || undefined, page_size: 200 }, signal }),
    refetchInterval: requestInterval,
  });
}

export function useTokens() {
  return useQuery({
    queryKey: keys.tokens,
    queryFn: ({ signal }) => call('listEnrollmentTokens', { signal }),
    refetchInterval: requestInterval,
  });
}

export function useCA() {
  return useQuery({
    queryKey: keys.ca,
    queryFn: ({ signal }) => call('getCA', { signal }),
    staleTime: 300_000,
  });
}

function useDecided() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.enrollments });
    void client.invalidateQueries({ queryKey: keys.hosts });
    void client.invalidateQueries({ queryKey: keys.fleet });
  };
}

export function useApprove() {
  const decided = useDecided();
  return useMutation({
    mutationFn: (request: Enrollment) => call('approveEnrollment', { path: { id: request.id } }),
    onSuccess: (_, request) =>
      notify(
        `${request.hostname} may join; its agent fetches the certificate within seconds.`,
        'success',
      ),
    onError: (error) => notify(messageOf(error), 'error'),
    onSettled: decided,
  });
}

export function useDeny(onDone: () => void) {
  const decided = useDecided();
  return useMutation({
    mutationFn: (input: { id: string; reason: string }) =>
      call('denyEnrollment', { path: { id: input.id }, body: { reason: input.reason } }),
    onSuccess: onDone,
    onSettled: decided,
  });
}

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: EnrollmentTokenOrder) => call('createEnrollmentToken', { body }),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

export function useRevokeToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call('revokeEnrollmentToken', { path: { id } }),
    onSuccess: () => notify('The token no longer works.', 'success'),
    onError: (error) => notify(messageOf(error), 'error'),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.tokens }),
  });
}

/** Requests that came in after `since`, asked for while the wizard is open. */
export function useArrivals(since: string) {
  return useQuery({
    queryKey: [...keys.enrollments, 'arrivals', since],
    queryFn: async ({ signal }) => {
      const page = await call('listEnrollments', { query: { page_size: 50 }, signal });
      return page.items.filter((request) => Date.parse(request.requested_at) >= Date.parse(since));
    },
    refetchInterval: 2000,
  });
}

/** The host that an approved request became, asked for until its agent has answered. */
export function useJoinedHost(id: string) {
  return useQuery({
    queryKey: keys.host(id),
    queryFn: ({ signal }) => call('getHost', { path: { id }, signal }),
    refetchInterval: (query) => (query.state.data?.last_seen_at ? false : 2000),
    enabled: id !== '',
  });
}
