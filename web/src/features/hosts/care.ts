import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call, download, urlOf } from '../../api/client';
import { messageOf } from '../../api/errors';
import { keys } from '../../api/keys';
import type { BulkResult, Host, HostChange, ImportReport, Target } from '../../api/types';
import { notify } from '../../ui/notify';
import type { RegisterForm } from './careForms';
import { filterText } from './filter';
import { parseLabel } from './labels';
import type { HostFilter } from './queries';

/** Lists and numbers of hosts are asked for again. */
function useHostsChanged() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: keys.hosts });
    void client.invalidateQueries({ queryKey: keys.groups });
    void client.invalidateQueries({ queryKey: keys.fleet });
  };
}

/** What the form says, as the manager takes it: one text is both name and address. */
export function registration(form: RegisterForm) {
  return {
    ...(form.name ? { name: form.name, address: form.address } : { name: form.address }),
    ...(form.port && { port: Number(form.port) }),
    group_ids: form.group_ids,
    labels: form.labels.map(parseLabel),
    note: form.note,
  };
}

export function useRegisterHost() {
  const onSettled = useHostsChanged();
  return useMutation({
    mutationFn: (form: RegisterForm) => call('registerHost', { body: registration(form) }),
    onSettled,
  });
}

export function useImportHosts(onReport: (report: ImportReport) => void) {
  const changed = useHostsChanged();
  return useMutation({
    mutationFn: (body: { csv: string; dry_run: boolean }) => call('importHosts', { body }),
    onSuccess: (report) => {
      if (report.imported) changed();
      onReport(report);
    },
  });
}

export function useUpdateHost(id: string, onDone: () => void) {
  const client = useQueryClient();
  const changed = useHostsChanged();
  return useMutation({
    mutationFn: (body: HostChange) => call('updateHost', { path: { id }, body }),
    onSuccess: (host) => {
      client.setQueryData<Host>(keys.host(id), host);
      onDone();
    },
    onSettled: changed,
  });
}

/** What is chosen in the list: hosts one by one, or all that a filter matches. */
export function targetOf(
  chosen: Set<string>,
  everything: boolean,
  filter: HostFilter,
  n: number,
): Target {
  if (!everything) return { host_ids: [...chosen] };
  const { page: _, page_size: __, sort: ___, order: ____, ...spec } = filter;
  return { filter: spec, expect: n };
}

type BulkBodies = {
  labelHosts: { add?: { key: string; value: string }[]; remove?: string[] };
  groupHosts: { add?: string[]; remove?: string[] };
  noteHosts: { note: string };
  refreshHosts: object;
  removeHosts: object;
};

/** One act on all hosts of a target; the answer says what became of each. */
export function useBulk<K extends keyof BulkBodies>(
  operation: K,
  target: Target,
  onDone: (result: BulkResult) => void,
) {
  const onSettled = useHostsChanged();
  return useMutation({
    mutationFn: (body: BulkBodies[K]) =>
      call(operation, { body: { target, ...body } } as never) as Promise<BulkResult>,
    onSuccess: onDone,
    onSettled,
  });
}

export function useExportHosts(filter: HostFilter) {
  return useMutation({
    mutationFn: () =>
      download(
        `${urlOf('exportHosts')}?${filterText(filter)}`,
        `hosts-${new Date().toISOString().slice(0, 10)}.csv`,
      ),
    onSuccess: () =>
      notify('The list was saved. That it was exported is in the audit trail.', 'success'),
    onError: (error) => notify(`Nothing was saved: ${messageOf(error)}`, 'error'),
  });
}
