import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import type {
  DiscoveryOrder,
  DiscoveryOutcome,
  DiscoveryRegistration,
  DiscoveryScan,
  Operations,
} from '../../api/types';
import { notify } from '../../ui/notify';

export type ResultFilter = NonNullable<Operations['scanResults']['query']>;

export const isOpen = (scan: DiscoveryScan) => scan.state === 'queued' || scan.state === 'running';

/** How often a scan that goes on is asked for. It writes its progress as often. */
const openInterval = 1000;

export function useScans() {
  return useQuery({
    queryKey: keys.scans,
    queryFn: ({ signal }) => call('listScans', { signal }),
    refetchInterval: ({ state }) => (state.data?.items.some(isOpen) ? openInterval : 15_000),
  });
}

export function useScan(id: string) {
  return useQuery({
    queryKey: keys.scan(id),
    queryFn: ({ signal }) => call('getScan', { path: { id }, signal }),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data) ? openInterval : false),
  });
}

/** Results come with the scan: the table is asked for again when the scan says that there are more. */
export function useResults(id: string, filter: ResultFilter, scan: DiscoveryScan) {
  const found = Object.values(scan.found).reduce((sum, n) => sum + n, 0);
  return useQuery({
    queryKey: keys.scanResults(id, { ...filter, found }),
    queryFn: ({ signal }) => call('scanResults', { path: { id }, query: filter, signal }),
    placeholderData: keepPreviousData,
  });
}

export function useCreateScan(onDone: (id: string) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: DiscoveryOrder) => call('createScan', { body }),
    onSuccess: (scan) => {
      client.setQueryData(keys.scan(scan.id), scan);
      void client.invalidateQueries({ queryKey: keys.scans, exact: true });
      onDone(scan.id);
    },
  });
}

export function useCancelScan(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('cancelScan', { path: { id } }),
    onSuccess: (scan) => client.setQueryData(keys.scan(id), scan),
    onError: (error) => notify(messageOf(error), 'error'),
    onSettled: () => void client.invalidateQueries({ queryKey: keys.scans }),
  });
}

/** As many as the manager registers in one transaction. */
const atOnce = 500;

/** Addresses of all results that can be registered, with the filter of the page. */
export async function registrable(id: string, filter: ResultFilter): Promise<string[]> {
  const all: string[] = [];
  for (let page = 1; ; page++) {
    const query = { ...filter, registrable: 'true' as const, page, page_size: atOnce };
    const answer = await call('scanResults', { path: { id }, query });
    all.push(...answer.items.map((result) => result.address));
    if (answer.items.length < atOnce) return all;
  }
}

export type Report = { items: DiscoveryOutcome[]; registered: number; command: string };

/** Registers in parts; what an earlier part has done stays when a later one fails. */
export function useRegister(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (order: DiscoveryRegistration): Promise<Report> => {
      const report: Report = { items: [], registered: 0, command: '' };
      for (let from = 0; from < order.addresses.length; from += atOnce) {
        const addresses = order.addresses.slice(from, from + atOnce);
        const part = await call('registerFound', { path: { id }, body: { ...order, addresses } });
        report.items.push(...part.items);
        report.registered += part.registered;
        report.command = part.command;
      }
      return report;
    },
    onSettled: () => {
      for (const queryKey of [keys.scan(id), keys.hosts, keys.fleet, keys.groups])
        void client.invalidateQueries({ queryKey });
    },
  });
}
