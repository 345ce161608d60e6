import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../api/client';
import { messageOf } from '../api/errors';
import { keys } from '../api/keys';
import { useSession } from '../api/session';
import { paths } from '../lib/paths';
import { hostStatus, jobStatus, type Status } from '../lib/status';
import { Box, Dialog } from '../ui/mui';
import { SearchField } from '../ui/SearchField';
import { StatusPill } from '../ui/StatusPill';
import { line, toneTint } from '../ui/tones';
import { pagesOf } from './navigation';

type Hit = { key: string; kind: string; name: string; to: string; status?: Status };

function useHits(words: string): { hits: Hit[]; error: unknown; busy: boolean } {
  const found = useQuery({
    queryKey: keys.search(words),
    queryFn: async ({ signal }) => {
      const [hosts, jobs] = await Promise.all([
        call('listHosts', { query: { q: words, page: 1, page_size: 8 }, signal }),
        call('listJobs', { query: { q: words, page: 1, page_size: 5 }, signal }),
      ]);
      return { hosts: hosts.items, jobs: jobs.items };
    },
    enabled: words.length > 0,
  });
  const { user } = useSession();
  const pages = pagesOf(user).filter((page) =>
    page.name.toLowerCase().includes(words.toLowerCase()),
  );
  const hits: Hit[] = [
    ...(words ? (found.data?.hosts ?? []) : []).map((h) => ({
      key: h.id,
      kind: 'Host',
      name: h.name,
      to: paths.host(h.id),
      status: hostStatus(h.state),
    })),
    ...(words ? (found.data?.jobs ?? []) : []).map((j) => ({
      key: j.id,
      kind: 'Job',
      name: `#${j.number} ${j.title}`,
      to: paths.job(j.id),
      status: jobStatus(j.state),
    })),
    ...pages.map((p) => ({ key: p.to, kind: 'Page', name: p.name, to: p.to })),
  ];
  return { hits, error: found.error, busy: found.isFetching };
}

/** One search over everything that has a page. */
export function SearchDialog(props: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={props.open}
      onClose={props.onClose}
      maxWidth="sm"
      fullWidth
      slotProps={{ paper: { 'aria-label': 'Search' } }}
      sx={{ '& .MuiDialog-container': { alignItems: 'flex-start' } }}
    >
      {props.open && <SearchBody onClose={props.onClose} />}
    </Dialog>
  );
}

function SearchBody({ onClose }: { onClose: () => void }) {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const { hits, error, busy } = useHits(words);
  const chosen = Math.min(at, hits.length - 1);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    navigate(hit.to);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt(Math.max(0, Math.min(hits.length - 1, chosen + step)));
    }
    if (event.key === 'Enter') open(hits[chosen]);
  };
  return (
    <Box onKeyDown={onKey} sx={{ p: 1.5 }}>
      <SearchField
        label="Search hosts, jobs, pages"
        value={words}
        onChange={(text) => {
          setWords(text);
          setAt(0);
        }}
        width="100%"
        autoFocus
        combobox={{
          listId: 'search-hits',
          activeId: hits[chosen] ? `hit-${hits[chosen].key}` : undefined,
        }}
      />
      <Box
        component="ul"
        role="listbox"
        id="search-hits"
        aria-label="Found"
        sx={{ listStyle: 'none', m: 0, mt: 1, p: 0, maxHeight: '60vh', overflow: 'auto' }}
      >
        {hits.map((hit, i) => (
          <Box
            key={hit.key}
            id={`hit-${hit.key}`}
            component="li"
            role="option"
            aria-selected={i === chosen}
            onMouseDown={() => open(hit)}
            onMouseEnter={() => setAt(i)}
            sx={{
              display: 'flex',
              gap: 1.5,
              alignItems: 'center',
              px: 1,
              py: 0.75,
              cursor: 'pointer',
              borderTop: `1px solid ${line}`,
              background: i === chosen ? toneTint('running') : 'none',
            }}
          >
            <Box component="span" sx={{ width: 40, color: 'text.secondary', fontSize: 12 }}>
              {hit.kind}
            </Box>
            <Box
              component="span"
              sx={{ flex: 1, minWidth: 0, overflow: 'hidden', textOverflow: 'ellipsis' }}
            >
              {hit.name}
            </Box>
            {hit.status && <StatusPill status={hit.status} />}
          </Box>
        ))}
      </Box>
      <Box role="status" sx={{ px: 1, pt: 1, fontSize: 12, color: 'text.secondary' }}>
        {error
          ? messageOf(error)
          : hits.length === 0
            ? busy
              ? 'Searching'
              : 'Nothing found.'
            : 'Arrow keys choose, Enter opens.'}
      </Box>
    </Box>
  );
}
