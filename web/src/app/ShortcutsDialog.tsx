import { useSession } from '../api/session';
import { Box, Button, Dialog, DialogActions, DialogContent, DialogTitle } from '../ui/mui';
import { SimpleTable } from '../ui/SimpleTable';
import { line } from '../ui/tones';
import { type NavItem, pagesOf } from './navigation';

const rowsOf = (pages: NavItem[]) => [
  { keys: 'Ctrl K', does: 'Search hosts, jobs and pages' },
  { keys: '/', does: 'Search hosts, jobs and pages' },
  ...pages.map((page) => ({ keys: page.keys, does: `Go to ${page.name}` })),
  { keys: '?', does: 'Show this list' },
  { keys: 'Esc', does: 'Close what is open' },
];

export function ShortcutsDialog(props: { open: boolean; onClose: () => void }) {
  const { user } = useSession();
  return (
    <Dialog open={props.open} onClose={props.onClose} maxWidth="xs" fullWidth>
      <DialogTitle>Keyboard shortcuts</DialogTitle>
      <DialogContent>
        <SimpleTable
          caption="Keyboard shortcuts"
          rows={rowsOf(pagesOf(user))}
          rowKey={(row) => row.keys}
          columns={[
            {
              name: 'Keys',
              width: 110,
              cell: (row) =>
                row.keys.split(' ').map((key) => (
                  <Box
                    key={key}
                    component="kbd"
                    sx={{ border: `1px solid ${line}`, borderRadius: 0.5, px: 0.75, mr: 0.5 }}
                  >
                    {key}
                  </Box>
                )),
            },
            { name: 'What they do', cell: (row) => row.does },
          ]}
        />
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose}>Close</Button>
      </DialogActions>
    </Dialog>
  );
}
