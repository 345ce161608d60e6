import { CommandBlock } from '../../ui/Copy';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
} from '../../ui/mui';

/** Shows a password that cannot be shown again; only the button closes it. */
export function OneTimePassword(props: {
  title: string;
  username: string;
  password: string;
  onClose: () => void;
}) {
  return (
    <Dialog open maxWidth="sm" fullWidth aria-labelledby="one-time-password">
      <DialogTitle id="one-time-password">{props.title}</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          <Alert severity="warning" variant="outlined">
            This is the only time the password is shown. It works once: at the first sign-in{' '}
            <strong>{props.username}</strong> chooses another one and sets up a second factor.
          </Alert>
          <CommandBlock label="One-time password" text={props.password} />
          <span>Give it to the person on another way than the user name.</span>
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={props.onClose}>
          I have copied it
        </Button>
      </DialogActions>
    </Dialog>
  );
}
