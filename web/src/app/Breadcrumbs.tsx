import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useLocation } from 'react-router';
import { keys } from '../api/keys';
import type { Group, Host, Job, UserRow } from '../api/types';
import { plain } from '../lib/words';
import { Link } from '../ui/Link';
import { Box } from '../ui/mui';
import { allPages, isHere } from './navigation';

/** Where one is: the page, and the thing on it by its name. */
export function Breadcrumbs() {
  const { pathname } = useLocation();
  const page = allPages.find((item) => isHere(item.to, pathname));
  const [, kind, id] = pathname.split('/');
  const name = useNameOf(kind ?? '', id ?? '');
  return (
    <Box
      component="nav"
      aria-label="Breadcrumbs"
      sx={{
        minWidth: 0,
        overflow: 'hidden',
        whiteSpace: 'nowrap',
        textOverflow: 'ellipsis',
        color: 'text.secondary',
        fontSize: 13,
      }}
    >
      {page &&
        (id ? (
          <Link to={page.to} quiet>
            {page.name}
          </Link>
        ) : (
          <span aria-current="page">{page.name}</span>
        ))}
      {id && (
        <>
          {' '}
          /{' '}
          <Box component="span" aria-current="page" sx={{ color: 'text.primary' }}>
            {name}
          </Box>
        </>
      )}
    </Box>
  );
}

/** What the page has loaded and how the thing on it is called; anything else is part of the address. */
const nameOf: Record<string, (find: (key: readonly unknown[]) => unknown, id: string) => string> = {
  hosts: (find, id) => (find(keys.host(id)) as Host | undefined)?.name ?? '…',
  jobs: (find, id) => {
    const job = find(keys.job(id)) as Job | undefined;
    return job ? `#${job.number}` : '…';
  },
  groups: (find, id) => (find(keys.group(id)) as Group | undefined)?.name ?? '…',
  settings: (_, id) => (id === 'sso' ? 'Single sign-on' : plain(id)),
  users: (find, id) => (find(keys.user(id)) as UserRow | undefined)?.username ?? '…',
};

/** The name from what the page has loaded: nothing is asked for the breadcrumbs alone. */
function useNameOf(kind: string, id: string): string {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () =>
      nameOf[kind]?.((queryKey) => cache.find({ queryKey })?.state.data, id) ??
      plain(id.replaceAll('-', ' ')),
  );
}
