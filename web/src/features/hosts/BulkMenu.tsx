import { useMay, useWhyNot } from '../../api/session';
import { GroupsIcon } from '../../ui/icons';
import { MenuButton } from '../../ui/MenuButton';
import { Button, ListItemText, MenuItem } from '../../ui/mui';

export type BulkAct = 'group' | 'labels' | 'note' | 'remove';

/** What else can be done with the chosen hosts; what the role may not says why. */
export function BulkMenu({ onAct }: { onAct: (act: BulkAct) => void }) {
  const noOperating = useWhyNot('fleet.operate');
  const noManaging = useWhyNot('hosts.manage');
  const mayGroup = useMay('groups.manage');
  const items: { act: BulkAct; text: string; why: string }[] = [
    { act: 'labels', text: 'Labels…', why: noManaging },
    { act: 'note', text: 'Note…', why: noOperating },
    { act: 'remove', text: 'Remove…', why: noManaging },
  ];
  return (
    <>
      {mayGroup && (
        <Button startIcon={<GroupsIcon />} onClick={() => onAct('group')}>
          Add to group…
        </Button>
      )}
      <MenuButton
        label="More"
        items={(close) =>
          items.map(({ act, text, why }) => (
            <MenuItem
              key={act}
              disabled={why !== ''}
              onClick={() => {
                close();
                onAct(act);
              }}
            >
              <ListItemText secondary={why}>{text}</ListItemText>
            </MenuItem>
          ))
        }
      />
    </>
  );
}
