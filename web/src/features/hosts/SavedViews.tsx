import { useState } from 'react';
import { messageOf } from '../../api/errors';
import { useMay } from '../../api/session';
import type { SavedView } from '../../api/types';
import { MenuButton } from '../../ui/MenuButton';
import { Divider, ListItemText, MenuItem } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { DeleteView } from './DeleteView';
import { SaveView } from './SaveView';
import { differs, type Shown, useUpdateView, useViews, viewAddress, viewOf } from './views';

/** Filters kept under a name: own ones and those that others share. */
export function SavedViews(props: {
  id: string;
  shown: Shown;
  set: (values: Record<string, string | undefined>) => void;
  showColumns: (columns: string[]) => void;
}) {
  const { shown, set, showColumns } = props;
  const views = useViews().data?.items ?? [];
  const current = views.find((view) => view.id === props.id);
  const changed = current !== undefined && differs(current, shown);
  const mayOthers = useMay('users.manage');
  const mayChange = current !== undefined && (current.mine || mayOthers);
  const [asking, setAsking] = useState<'save' | 'delete'>();
  const update = useUpdateView();
  const change = (
    view: SavedView,
    body: Parameters<typeof update.mutate>[0]['body'],
    done: string,
  ) =>
    update.mutate(
      { id: view.id, body },
      {
        onSuccess: () => notify(done, 'success'),
        onError: (error) => notify(messageOf(error), 'error'),
      },
    );
  const open = (view: SavedView) => {
    set(viewAddress(view));
    if (view.columns.length > 0) showColumns(view.columns);
  };
  return (
    <>
      <MenuButton
        label={current ? `${current.name}${changed ? ' (changed)' : ''}` : 'Views'}
        items={(close) => {
          const item = (key: string, text: string, act: () => void, secondary?: string) => (
            <MenuItem
              key={key}
              selected={key === props.id}
              onClick={() => {
                close();
                act();
              }}
            >
              <ListItemText secondary={secondary}>{text}</ListItemText>
            </MenuItem>
          );
          return [
            ...views.map((view) => item(view.id, view.name, () => open(view), whose(view))),
            views.length > 0 && <Divider key="line" />,
            item('save', 'Save as a new view…', () => setAsking('save')),
            ...(current && mayChange
              ? [
                  changed &&
                    item('update', `Update “${current.name}”`, () =>
                      change(current, viewOf(shown), `Updated ${current.name}.`),
                    ),
                  item('share', current.shared ? 'Stop sharing' : 'Share with everybody', () =>
                    change(
                      current,
                      { shared: !current.shared },
                      current.shared
                        ? `Only its owner sees ${current.name} now.`
                        : `Everybody sees ${current.name} now.`,
                    ),
                  ),
                  item('delete', `Delete “${current.name}”…`, () => setAsking('delete')),
                ]
              : []),
          ];
        }}
      />
      {asking === 'save' && (
        <SaveView
          shown={shown}
          onClose={() => setAsking(undefined)}
          onSaved={(view) => {
            setAsking(undefined);
            set({ view: view.id });
          }}
        />
      )}
      {asking === 'delete' && current && (
        <DeleteView
          view={current}
          onClose={() => setAsking(undefined)}
          onDeleted={() => {
            setAsking(undefined);
            set({ view: '' });
          }}
        />
      )}
    </>
  );
}

function whose(view: SavedView): string | undefined {
  if (!view.mine) return `Shared by ${view.owner}`;
  return view.shared ? 'Shared with everybody' : undefined;
}
