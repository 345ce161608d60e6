import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useLocation } from 'react-router';
import { keys } from '../api/keys';
import type { Host, Job } from '../api/types';
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

/** The name from what the page has loaded: nothing is asked for the breadcrumbs alone. */
function useNameOf(kind: string, id: string): string {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () => {
      if (kind === 'hosts')
        return (
          (cache.find({ queryKey: keys.host(id) })?.state.data as Host | undefined)?.name ?? '…'
        );
      const job = cache.find({ queryKey: keys.job(id) })?.state.data as Job | undefined;
      return job ? `#${job.number}` : '…';
    },
  );
}
