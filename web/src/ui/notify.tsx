import { Alert, type AlertColor, Snackbar } from '@mui/material';
import { create } from 'zustand';
import { isCalm } from '../lib/calm';

type Notice = { id: number; text: string; severity: AlertColor };

const useNotices = create<{ list: Notice[]; drop: (id: number) => void }>()((set) => ({
  list: [],
  drop: (id) => set((state) => ({ list: state.list.filter((notice) => notice.id !== id) })),
}));

let last = 0;

/** Says what just happened, at the lower edge. Errors stay until they are closed. */
export function notify(text: string, severity: AlertColor = 'info') {
  const notice = { id: ++last, text, severity: isCalm(text) ? 'info' : severity } as const;
  useNotices.setState((state) => ({ list: [...state.list, notice].slice(-5) }));
}

/** Takes all notices away: they are about somebody who is gone. */
export function dropNotices() {
  useNotices.setState({ list: [] });
}

export function Notices() {
  const { list, drop } = useNotices();
  const notice = list[0];
  if (!notice) return null;
  return (
    <Snackbar
      key={notice.id}
      open
      autoHideDuration={notice.severity === 'error' ? null : 6000}
      onClose={(_, why) => why !== 'clickaway' && drop(notice.id)}
    >
      <Alert severity={notice.severity} variant="filled" onClose={() => drop(notice.id)}>
        {notice.text}
      </Alert>
    </Snackbar>
  );
}
