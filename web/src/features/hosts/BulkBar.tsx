import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay, useWhyNot } from '../../api/session';
import { deployTo } from '../../lib/paths';
import { count } from '../../lib/words';
import { GroupsIcon, RefreshIcon } from '../../ui/icons';
import { LinkButton } from '../../ui/LinkButton';
import { Button, Stack } from '../../ui/mui';
import { Refusable } from '../../ui/Refusable';
import { toneTint } from '../../ui/tones';
import { AddToGroup } from './AddToGroup';
import { filterText } from './filter';
import { allHostIds, type HostFilter, useRefreshHosts } from './queries';

/** More hosts than this cannot be named one by one in an address. */
const mostNamed = 300;

/** What will happen to the chosen hosts, on this page and the others. */
export function BulkBar(props: {
  selected: Set<string>;
  everything: boolean;
  total: number;
  filter: HostFilter;
  onEverything: () => void;
  onClear: () => void;
}) {
  const mayGroup = useMay('groups.manage');
  const noOperating = useWhyNot('fleet.operate');
  const [grouping, setGrouping] = useState(false);
  const refresh = useRefreshHosts();
  const start = useMutation({
    mutationFn: async () =>
      refresh.mutateAsync(props.everything ? await allHostIds(props.filter) : [...props.selected]),
    onSuccess: props.onClear,
  });
  const n = props.everything ? props.total : props.selected.size;
  const tooMany = !props.everything && n > mostNamed;
  const target = props.everything ? { filter: filterText(props.filter) } : [...props.selected];
  return (
    <Stack
      direction="row"
      role="region"
      aria-label="Chosen hosts"
      sx={{
        px: 2,
        py: 1,
        gap: 1,
        alignItems: 'center',
        flexWrap: 'wrap',
        background: toneTint('running'),
      }}
    >
      <strong aria-live="polite">
        {props.everything ? `All ${count(n, 'host')} that match` : `${count(n, 'host')} chosen`}
      </strong>
      {!props.everything && props.total > n && (
        <Button onClick={props.onEverything}>
          Choose all {count(props.total, 'host')} that match
        </Button>
      )}
      <Stack direction="row" sx={{ gap: 1, ml: 'auto' }}>
        {mayGroup && (
          <Button startIcon={<GroupsIcon />} onClick={() => setGrouping(true)}>
            Add to group…
          </Button>
        )}
        <Refusable why={noOperating}>
          <Button
            startIcon={<RefreshIcon />}
            disabled={noOperating !== ''}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            Refresh {count(n, 'host')}
          </Button>
        </Refusable>
        <Refusable why={noOperating}>
          <LinkButton
            variant="contained"
            to={deployTo(target)}
            disabled={tooMany || noOperating !== ''}
            title={tooMany ? `Use a filter to choose more than ${mostNamed} hosts.` : undefined}
          >
            Deploy to {count(n, 'host')}
          </LinkButton>
        </Refusable>
        <Button onClick={props.onClear}>Clear</Button>
      </Stack>
      {grouping && (
        <AddToGroup
          n={n}
          hosts={async () =>
            props.everything ? await allHostIds(props.filter) : [...props.selected]
          }
          onClose={() => setGrouping(false)}
          onDone={() => {
            setGrouping(false);
            props.onClear();
          }}
        />
      )}
    </Stack>
  );
}
