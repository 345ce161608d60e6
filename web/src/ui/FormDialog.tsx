import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Stack } from '@mui/material';
import type { FormEvent, ReactNode } from 'react';
import { ErrorState } from './states';

/** A short form over the page. */
export function FormDialog(props: {
  open: boolean;
  title: string;
  submit: string;
  busy?: boolean;
  error?: string;
  requestId?: string;
  onSubmit: (event: FormEvent) => void;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog
      open={props.open}
      onClose={props.busy ? undefined : props.onClose}
      maxWidth="sm"
      fullWidth
    >
      <form onSubmit={props.onSubmit} noValidate>
        <DialogTitle>{props.title}</DialogTitle>
        <DialogContent>
          <Stack sx={{ gap: 2, pt: 1 }}>
            {props.children}
            {props.error && <ErrorState message={props.error} requestId={props.requestId} />}
          </Stack>
        </DialogContent>
        <DialogActions>
          <Button onClick={props.onClose} disabled={props.busy}>
            Cancel
          </Button>
          <Button type="submit" variant="contained" loading={props.busy}>
            {props.submit}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
