import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';

type Values = Record<string, string | undefined>;

/**
 * The query of the address as plain values, and a way to change some of them.
 * Filters, tabs, sort and page live here, so that every view can be shared.
 */
export function useUrlState(): [
  (name: string) => string,
  (values: Values, push?: boolean) => void,
] {
  const [search, setSearch] = useSearchParams();
  const get = useCallback((name: string) => search.get(name) ?? '', [search]);
  const set = useCallback(
    (values: Values, push = false) => {
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(values)) {
            if (value) next.set(name, value);
            else next.delete(name);
          }
          return next;
        },
        { replace: !push },
      );
    },
    [setSearch],
  );
  return [get, set];
}

export type PageState = { page: number; pageSize: number; sort?: string; order?: 'asc' | 'desc' };

/** The page, size and order of a table, kept in the address. */
export function usePageState(
  defaults: { sort?: string; order?: 'asc' | 'desc'; pageSize?: number } = {},
  prefix = '',
) {
  const [get, set] = useUrlState();
  const usual = defaults.pageSize ?? 50;
  const page = Math.max(1, Number(get(`${prefix}page`)) || 1);
  const pageSize = Math.min(500, Math.max(1, Number(get(`${prefix}page_size`)) || usual));
  const sort = get(`${prefix}sort`) || defaults.sort;
  const order = (get(`${prefix}order`) || defaults.order) as 'asc' | 'desc' | undefined;
  const at = useMemo<PageState>(
    () => ({ page, pageSize, sort, order }),
    [page, pageSize, sort, order],
  );
  const change = useCallback(
    (next: PageState) =>
      set({
        [`${prefix}page`]: next.page > 1 ? String(next.page) : undefined,
        [`${prefix}page_size`]: next.pageSize === usual ? undefined : String(next.pageSize),
        [`${prefix}sort`]: next.sort === defaults.sort ? undefined : next.sort,
        [`${prefix}order`]: next.order === defaults.order ? undefined : next.order,
      }),
    [set, prefix, usual, defaults.sort, defaults.order],
  );
  return [at, change] as const;
}
