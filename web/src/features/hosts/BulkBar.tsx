import { useState } from 'react';
import { useWhyNot } from '../../api/session';
import type { BulkResult } from '../../api/types';
import { deployTo } from '../../lib/paths';
import { count } from '../../lib/words';
import { LinkButton } from '../../ui/LinkButton';
import { Button, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Refusable } from '../../ui/Refusable';
import { toneTint } from '../../ui/tones';
import { AddToGroup } from './AddToGroup';
import { BulkLabels } from './BulkLabels';
import { type BulkAct, BulkMenu } from './BulkMenu';
import { BulkNote } from './BulkNote';
import { BulkRefresh } from './BulkRefresh';
import { BulkRemove } from './BulkRemove';
import { BulkResultDialog, resultWords } from './BulkResultDialog';
import { targetOf } from './care';
import { filterText } from './filter';
import type { HostFilter } from './queries';

/** More hosts than this cannot be named one by one in an address. */
const mostNamed = 300;

const dialogs = { group: AddToGroup, labels: BulkLabels, note: BulkNote, remove: BulkRemove };

/** What will happen to the chosen hosts, on this page and the others. */
export function BulkBar(props: {
  selected: Set<string>;
  everything: boolean;
  total: number;
  filter: HostFilter;
  onEverything: () => void;
  onClear: () => void;
}) {
  const noOperating = useWhyNot('fleet.operate');
  const [act, setAct] = useState<BulkAct | null>(null);
  const [partly, setPartly] = useState<{ done: string; result: BulkResult }>();
  const n = props.everything ? props.total : props.selected.size;
  const tooMany = !props.everything && n > mostNamed;
  const chosen = props.everything ? { filter: filterText(props.filter) } : [...props.selected];
  const target = targetOf(props.selected, props.everything, props.filter, n);
  const onDone = (done: string, result: BulkResult) => {
    setAct(null);
    if (result.refused.length > 0) {
      setPartly({ done, result });
      return;
    }
    notify(resultWords(done, result), 'success');
    props.onClear();
  };
  const Dialog = act && dialogs[act];
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
        <BulkMenu onAct={setAct} />
        <BulkRefresh target={target} n={n} onDone={onDone} />
        <Refusable why={noOperating}>
          <LinkButton
            variant="contained"
            to={deployTo(chosen)}
            disabled={tooMany || noOperating !== ''}
            title={tooMany ? `Use a filter to choose more than ${mostNamed} hosts.` : undefined}
          >
            Deploy to {count(n, 'host')}
          </LinkButton>
        </Refusable>
        <Button onClick={props.onClear}>Clear</Button>
      </Stack>
      {Dialog && <Dialog target={target} n={n} onDone={onDone} onClose={() => setAct(null)} />}
      {partly && (
        <BulkResultDialog
          {...partly}
          onClose={() => {
            setPartly(undefined);
            props.onClear();
          }}
        />
      )}
    </Stack>
  );
}
