import { count, listOf } from '../../lib/words';
import { Button, Paper } from '../../ui/mui';
import { line } from '../../ui/tones';
import type { Draft } from './draft';
import { useMatching, useNamedHosts } from './queries';

/** The targets in one line. */
export function ChosenHosts(props: { draft: Draft; onChange: () => void }) {
  return (
    <Paper
      sx={{
        border: `1px solid ${line}`,
        px: 2,
        py: 1,
        display: 'flex',
        alignItems: 'center',
        gap: 2,
      }}
    >
      {props.draft.all ? <Matching all={props.draft.all} /> : <Named ids={props.draft.hosts} />}
      <Button sx={{ ml: 'auto' }} onClick={props.onChange}>
        Change hosts
      </Button>
    </Paper>
  );
}

function Named({ ids }: { ids: string[] }) {
  const hosts = useNamedHosts(ids);
  const names = hosts.map((host) => host.data?.name).filter((name) => name !== undefined);
  const rest = ids.length - names.length;
  return (
    <span>
      <strong>{count(ids.length, 'host')}</strong>
      {names.length > 0 &&
        `: ${rest > 0 ? `${names.join(', ')} and ${rest} more` : listOf(names, 5)}`}
    </span>
  );
}

function Matching({ all }: { all: string }) {
  const page = useMatching(all).data;
  if (!page) return <span>Counting the hosts that match</span>;
  const names = page.items.map((host) => host.name);
  const rest = page.total - names.length;
  return (
    <span>
      <strong>All {count(page.total, 'host')} that match</strong>
      {names.length > 0 && `: ${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`}
    </span>
  );
}
