import { useState } from 'react';
import type { UserRow } from '../../api/types';
import { MenuButton } from '../../ui/MenuButton';
import { Button, MenuItem } from '../../ui/mui';
import { EditUser } from './EditUser';
import { DeleteUser, Disable, Enable, ResetMfa, ResetPassword, Unlock } from './UserConfirms';

type Act = 'edit' | 'password' | 'mfa' | 'unlock' | 'disable' | 'enable' | 'delete';

/** What fits this account now; an act that makes no sense for it is not offered. */
function actsOf(user: UserRow): [Act, string][] {
  const all: [Act, string, boolean][] = [
    ['unlock', 'Unlock…', user.status === 'locked'],
    ['password', 'Reset password…', user.local],
    ['mfa', 'Reset second factors…', user.mfa.length > 0],
    ['enable', 'Enable…', user.status === 'disabled'],
    ['disable', 'Disable…', user.status !== 'disabled'],
    ['delete', 'Delete user…', true],
  ];
  return all.filter(([, , fits]) => fits).map(([act, name]) => [act, name]);
}

export function UserActions(props: { user: UserRow; onDeleted: () => void }) {
  const [asked, setAsked] = useState<Act | null>(null);
  const rest = { user: props.user, onClose: () => setAsked(null) };
  return (
    <>
      <MenuButton
        variant="outlined"
        label="More"
        items={(close) =>
          actsOf(props.user).map(([act, name]) => (
            <MenuItem
              key={act}
              onClick={() => {
                close();
                setAsked(act);
              }}
            >
              {name}
            </MenuItem>
          ))
        }
      />
      <Button variant="contained" onClick={() => setAsked('edit')}>
        Edit
      </Button>
      {asked === 'edit' && <EditUser {...rest} />}
      {asked === 'password' && <ResetPassword {...rest} />}
      {asked === 'mfa' && <ResetMfa {...rest} />}
      {asked === 'unlock' && <Unlock {...rest} />}
      {asked === 'disable' && <Disable {...rest} />}
      {asked === 'enable' && <Enable {...rest} />}
      {asked === 'delete' && <DeleteUser {...rest} onDeleted={props.onDeleted} />}
    </>
  );
}
