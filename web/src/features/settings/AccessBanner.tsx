import { useEffect, useRef, useState } from 'react';
import { messageOf } from '../../api/errors';
import { useSession } from '../../api/session';
import { can } from '../../lib/can';
import { paths } from '../../lib/paths';
import { Link } from '../../ui/Link';
import { Alert, Button } from '../../ui/mui';
import { toneText, toneTint } from '../../ui/tones';
import { useConfirmAccess, useSettings } from './queries';

/** On every page of an admin, while allowed addresses wait for their confirmation. */
export function AccessBanner() {
  return can(useSession().user, 'settings.manage') ? <Waiting /> : null;
}

/** Another process may have changed them: a trial lasts 5 minutes, so this is soon enough. */
const interval = 15_000;

function Waiting() {
  const settings = useSettings(interval);
  const until = settings.data?.access.revert_at;
  return until ? <Countdown until={until} onOver={() => void settings.refetch()} /> : null;
}

function Countdown({ until, onOver }: { until: string; onOver: () => void }) {
  const left = useSecondsTo(until, onOver);
  const confirm = useConfirmAccess();
  return (
    <Alert
      severity="warning"
      icon={false}
      sx={{
        borderRadius: 0,
        color: toneText('high'),
        background: toneTint('high'),
        borderBottom: `1px solid ${toneText('high')}`,
      }}
      action={
        <Button
          color="inherit"
          variant="outlined"
          loading={confirm.isPending}
          onClick={() => confirm.mutate()}
        >
          Keep the new addresses
        </Button>
      }
    >
      <strong role="timer">
        The former{' '}
        <Link to={paths.settings('access')} quiet>
          allowed addresses
        </Link>{' '}
        come back in {clock(left)}
      </strong>{' '}
      unless the new ones are confirmed from an address that they let in.
      {confirm.error && ` ${messageOf(confirm.error)}`}
    </Alert>
  );
}

const clock = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** Seconds that are left, counted down; tells once when they are over. */
function useSecondsTo(until: string, onOver: () => void): number {
  const end = Date.parse(until);
  // A new one with each drawing must not start the count again.
  const over = useRef(onOver);
  over.current = onOver;
  const [left, setLeft] = useState(() => secondsTo(end));
  useEffect(() => {
    const timer = setInterval(() => {
      const now = secondsTo(end);
      setLeft(now);
      if (now > 0) return;
      clearInterval(timer);
      over.current();
    }, 1000);
    setLeft(secondsTo(end));
    return () => clearInterval(timer);
  }, [end]);
  return left;
}

const secondsTo = (end: number) => Math.max(0, Math.ceil((end - Date.now()) / 1000));
