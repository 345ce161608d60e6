import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import type { SavedView, SavedViewChange, SavedViewInput } from '../../api/types';
import { filterNames, filterText } from './filter';
import type { HostFilter } from './queries';

/** What the page shows and a view can keep. */
export type Shown = {
  filter: HostFilter;
  sort: SavedViewInput['sort'];
  order: 'asc' | 'desc';
  columns: string[];
};

export function useViews() {
  return useQuery({
    queryKey: keys.hostViews,
    queryFn: ({ signal }) => call('listHostViews', { signal }),
  });
}

/** Changes a view and asks for the list again. */
function useViewChange<In, Out>(change: (input: In) => Promise<Out>, onDone?: (out: Out) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: keys.hostViews }),
  });
}

export const useCreateView = (onDone: (view: SavedView) => void) =>
  useViewChange((body: SavedViewInput) => call('createHostView', { body }), onDone);

export const useUpdateView = () =>
  useViewChange((input: { id: string; body: SavedViewChange }) =>
    call('updateHostView', { path: { id: input.id }, body: input.body }),
  );

export const useDeleteView = (onDone: () => void) =>
  useViewChange((id: string) => call('deleteHostView', { path: { id } }), onDone);

/** The address that shows a view: every part of the filter, the order, and its id. */
export function viewAddress(view: SavedView): Record<string, string> {
  const spec = view.filter as Record<string, unknown>;
  return {
    ...Object.fromEntries(filterNames.map((name) => [name, String(spec[name] ?? '')])),
    sort: view.sort === 'name' ? '' : view.sort,
    order: view.order === 'asc' ? '' : view.order,
    view: view.id,
  };
}

/** What a view keeps of what is shown. */
export const viewOf = (shown: Shown) => ({
  filter: Object.fromEntries(
    Object.entries(shown.filter).filter(([, value]) => value !== undefined),
  ) as SavedView['filter'],
  sort: shown.sort,
  order: shown.order,
  columns: shown.columns,
});

/** Whether the page shows something else than the view by now. */
export function differs(view: SavedView, shown: Shown): boolean {
  const address = viewAddress(view);
  const kept = new URLSearchParams(
    filterNames.flatMap((name) => (address[name] ? [[name, address[name]]] : [])),
  );
  const sorted = (list: string[]) => [...list].sort().join();
  return (
    kept.toString() !== filterText(shown.filter) ||
    view.sort !== shown.sort ||
    view.order !== shown.order ||
    (view.columns.length > 0 && sorted(view.columns) !== sorted(shown.columns))
  );
}
