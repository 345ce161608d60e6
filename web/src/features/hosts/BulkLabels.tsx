import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { count } from '../../lib/words';
import { FormDialog } from '../../ui/FormDialog';
import { WordsField } from '../../ui/WordsField';
import type { BulkProps } from './bulkProps';
import { useBulk } from './care';
import { labelsProblem, parseLabel } from './labels';
import { UnderWay } from './UnderWay';

/** Why these changes cannot be asked for; empty: they can. */
export function labelChangeProblem(add: string[], remove: string[]): string {
  if (add.length + remove.length === 0) return 'Name at least one label to add or to take off.';
  const problem = labelsProblem(add) || labelsProblem([...new Set(remove)]);
  if (problem) return problem;
  const both = remove.find((text) =>
    add.some((other) => parseLabel(other).key === parseLabel(text).key),
  );
  return both ? `"${parseLabel(both).key}" is added too; adding replaces its value.` : '';
}

/** Adds labels to the chosen hosts and takes others off. */
export function BulkLabels({ target, n, onDone, onClose }: BulkProps) {
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  const run = useBulk('labelHosts', target, (result) => onDone('Labelled', result));
  const problem = tried ? labelChangeProblem(add, remove) : '';
  return (
    <FormDialog
      open
      title="Labels"
      submit={`Label ${count(n, 'host')}`}
      busy={run.isPending}
      error={run.error ? messageOf(run.error) : undefined}
      requestId={requestIdOf(run.error)}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (!labelChangeProblem(add, remove)) run.mutate({ add: add.map(parseLabel), remove });
      }}
    >
      <WordsField
        label="Add"
        value={add}
        onChange={setAdd}
        autoFocus
        error={problem !== ''}
        helper={problem || 'key=value, ended with Enter; takes the place of another value.'}
      />
      <WordsField
        label="Take off"
        value={remove}
        onChange={setRemove}
        helper="key for any value, or key=value for only this one."
      />
      <UnderWay n={n} busy={run.isPending} />
    </FormDialog>
  );
}
