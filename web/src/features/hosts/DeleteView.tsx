import { messageOf, requestIdOf } from '../../api/errors';
import type { SavedView } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { useDeleteView } from './views';

/** Takes a saved view away; the hosts stay. */
export function DeleteView(props: { view: SavedView; onClose: () => void; onDeleted: () => void }) {
  const remove = useDeleteView(props.onDeleted);
  return (
    <Confirm
      open
      danger
      title={`Delete the view ${props.view.name}?`}
      verb="Delete view"
      busy={remove.isPending}
      error={remove.error ? messageOf(remove.error) : undefined}
      requestId={requestIdOf(remove.error)}
      onConfirm={() => remove.mutate(props.view.id)}
      onClose={props.onClose}
    >
      {props.view.shared
        ? 'Nobody sees it any more. The hosts in it stay as they are.'
        : 'The hosts in it stay as they are.'}
    </Confirm>
  );
}
