import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '@mui/material';
import { type ReactNode, useId, useState } from 'react';
import { ErrorState } from './states';

export type ConfirmProps = {
  open: boolean;
  title: string;
  /** One sentence that says what will happen. */
  children: ReactNode;
  /** Repeats the verb and the count: "Remove 1 host". */
  verb: string;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  error?: string;
  requestId?: string;
  /** Text to type before the button works; only for what cannot be taken back. */
  typed?: string;
  onConfirm: () => void;
  onClose: () => void;
};

/** Asks before something that cannot simply be undone. */
export function Confirm(props: ConfirmProps) {
  return (
    <Dialog
      open={props.open}
      onClose={props.busy ? undefined : props.onClose}
      maxWidth="sm"
      fullWidth
    >
      {props.open && <ConfirmBody {...props} />}
    </Dialog>
  );
}

function ConfirmBody(props: ConfirmProps) {
  const [text, setText] = useState('');
  const id = useId();
  const blocked = props.disabled || (props.typed !== undefined && text.trim() !== props.typed);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocked && !props.busy) props.onConfirm();
      }}
    >
      <DialogTitle>{props.title}</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2, fontSize: 14 }}>
          <div>{props.children}</div>
          {props.typed !== undefined && (
            <TextField
              id={id}
              label={`Type ${props.typed} to confirm`}
              value={text}
              onChange={(e) => setText(e.target.value)}
              autoFocus
              autoComplete="off"
            />
          )}
          {props.error && <ErrorState message={props.error} requestId={props.requestId} />}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={props.onClose} disabled={props.busy} autoFocus={props.typed === undefined}>
          Keep as it is
        </Button>
        <Button
          type="submit"
          variant="contained"
          color={props.danger ? 'error' : 'primary'}
          disabled={blocked}
          loading={props.busy}
        >
          {props.verb}
        </Button>
      </DialogActions>
    </form>
  );
}
