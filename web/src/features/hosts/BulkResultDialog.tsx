import type { BulkResult } from '../../api/types';
import { paths } from '../../lib/paths';
import { count, groups } from '../../lib/words';
import { Link } from '../../ui/Link';
import {
  Alert,
  Box,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
} from '../../ui/mui';

/** What became of the hosts, in one sentence. */
export function resultWords(done: string, r: BulkResult): string {
  const parts = [`${done} ${count(r.done, 'host')}.`];
  if (r.unchanged > 0) parts.push(`${count(r.unchanged, 'host')} needed no change.`);
  const refused = r.refused.reduce((n, refusal) => n + refusal.count, 0);
  if (refused > 0) parts.push(`${count(refused, 'host')} refused.`);
  return parts.join(' ');
}

/** Names the hosts for which an act was refused, and why. */
export function BulkResultDialog(props: { done: string; result: BulkResult; onClose: () => void }) {
  return (
    <Dialog open onClose={props.onClose} maxWidth="sm" fullWidth>
      <DialogTitle>Not done for all hosts</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          <span>{resultWords(props.done, props.result)}</span>
          {props.result.refused.map((refusal) => (
            <Alert key={refusal.code} severity="warning" variant="outlined">
              {count(refusal.count, 'host')}: {refusal.reason}
              <Box
                component="ul"
                sx={{ m: 0, mt: 1, pl: 2.5, maxHeight: 180, overflow: 'auto' }}
                tabIndex={0}
                aria-label="Hosts that were refused"
              >
                {refusal.hosts.map((host) => (
                  <li key={host.id}>
                    <Link to={paths.host(host.id)}>{host.name}</Link>
                  </li>
                ))}
                {refusal.count > refusal.hosts.length && (
                  <li>and {groups(refusal.count - refusal.hosts.length)} more</li>
                )}
              </Box>
            </Alert>
          ))}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={props.onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
