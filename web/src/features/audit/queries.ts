import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, download, urlOf } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import { withQuery } from '../../lib/paths';
import { notify } from '../../ui/notify';
import { checkProof } from './checkProof';
import type { AuditFilter } from './filter';

/** Acts have no live message: the first page is asked for again. */
const interval = 10_000;

export function useAudit(filter: AuditFilter, at: { page: number; pageSize: number }) {
  const query = { ...filter, page: at.page, page_size: at.pageSize };
  return useQuery({
    queryKey: keys.auditList(query),
    queryFn: ({ signal }) => call('listAudit', { query, signal }),
    placeholderData: keepPreviousData,
    // Further back rows would move while somebody reads them.
    refetchInterval: at.page === 1 ? interval : false,
  });
}

export function useAuditFacets() {
  return useQuery({
    queryKey: keys.auditFacets,
    queryFn: ({ signal }) => call('auditFacets', { signal }),
    staleTime: 60_000,
  });
}

export function useAuditKey() {
  return useQuery({
    queryKey: keys.auditKey,
    queryFn: ({ signal }) => call('auditKey', { signal }),
    staleTime: 300_000,
  });
}

export function useCheckpoints() {
  return useQuery({
    queryKey: keys.checkpoints,
    queryFn: ({ signal }) => call('listCheckpoints', { query: { page_size: 10 }, signal }),
    refetchInterval: interval,
  });
}

/** While one runs it is asked for twice a second, so that the progress moves. */
export function useVerifications() {
  return useQuery({
    queryKey: keys.verifications,
    queryFn: async ({ signal }) => {
      const list = await call('listVerifications', { query: { page_size: 25 }, signal });
      const running = list.items.find((v) => v.state === 'running');
      if (!running) return list;
      const now = await call('getVerification', { path: { id: running.id }, signal });
      return { ...list, items: list.items.map((v) => (v.id === now.id ? now : v)) };
    },
    refetchInterval: (query) =>
      query.state.data?.items.some((v) => v.state === 'running') ? 500 : interval,
  });
}

export function useStartVerification() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('startVerification', {}),
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.verifications }),
    onError: (error) => notify(messageOf(error), 'error'),
  });
}

/** Fetches the proof of an entry and checks it here, in the browser. */
export function useProof(id: number, rowHash: string) {
  return useMutation({
    mutationFn: async () => {
      const [proof, key] = await Promise.all([
        call('auditProof', { path: { id } }),
        call('auditKey', {}),
      ]);
      return { proof, result: await checkProof(proof, rowHash, key.verifier_key) };
    },
  });
}

export function useExport(filter: AuditFilter) {
  return useMutation({
    mutationFn: (format: 'csv' | 'jsonl') =>
      download(
        withQuery(urlOf('exportAudit'), { ...filter, format }),
        `audit-${new Date().toISOString().slice(0, 10)}.${format}`,
      ),
    onSuccess: () => notify('The export was saved. It is itself in the audit trail.', 'success'),
    onError: (error) => notify(`Nothing was saved: ${messageOf(error)}`, 'error'),
  });
}
