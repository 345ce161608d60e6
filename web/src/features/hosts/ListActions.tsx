import { useState } from 'react';
import { useWhyNot } from '../../api/session';
import { MenuButton } from '../../ui/MenuButton';
import { ListItemText, MenuItem } from '../../ui/mui';
import { useExportHosts } from './care';
import { ImportHosts } from './ImportHosts';
import type { HostFilter } from './queries';
import { RegisterHost } from './RegisterHost';

/** How hosts come into the list before their agents, and how the list gets out. */
export function ListActions({ filter }: { filter: HostFilter }) {
  const [asked, setAsked] = useState<'register' | 'import' | null>(null);
  const why = useWhyNot('hosts.manage');
  const save = useExportHosts(filter);
  const item = (text: string, refusal: string, act: () => void, close: () => void) => (
    <MenuItem
      key={text}
      disabled={refusal !== ''}
      onClick={() => {
        close();
        act();
      }}
    >
      <ListItemText secondary={refusal}>{text}</ListItemText>
    </MenuItem>
  );
  return (
    <>
      <MenuButton
        variant="outlined"
        label="More"
        aria-label="More about the list"
        loading={save.isPending}
        items={(close) => [
          item('Register a host…', why, () => setAsked('register'), close),
          item('Import from CSV…', why, () => setAsked('import'), close),
          item('Export as CSV', '', () => save.mutate(), close),
        ]}
      />
      {asked === 'register' && <RegisterHost onClose={() => setAsked(null)} />}
      {asked === 'import' && <ImportHosts onClose={() => setAsked(null)} />}
    </>
  );
}
