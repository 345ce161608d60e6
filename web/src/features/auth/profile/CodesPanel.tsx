import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import { count } from '../../../lib/words';
import { Confirm } from '../../../ui/Confirm';
import { Alert, Button, Typography } from '../../../ui/mui';
import { Panel } from '../../../ui/Page';
import { useFactorsChanged } from '../factor';

/** Below this many somebody should make new ones before they are needed. */
const few = 3;

export function CodesPanel(props: { left: number; onCodes: (codes: string[]) => void }) {
  const [asking, setAsking] = useState(false);
  const changed = useFactorsChanged();
  const renew = useMutation({
    mutationFn: () => call('renewRecoveryCodes', {}),
    onSuccess: async (answer) => {
      setAsking(false);
      props.onCodes(answer.recovery_codes);
      await changed();
    },
  });
  return (
    <Panel
      title="Recovery codes"
      actions={
        <Button variant="outlined" onClick={() => setAsking(true)}>
          Make new codes
        </Button>
      }
    >
      {props.left < few ? (
        <Alert severity="warning" variant="outlined">
          {props.left === 0 ? 'None is left' : `Only ${count(props.left, 'code')} left`}. Without
          them, a lost phone or key locks you out. Make new ones and keep them.
        </Alert>
      ) : (
        <Typography variant="body2">
          <strong className="num">{props.left}</strong> of 10 are left. Each signs you in once when
          your phone or key is lost.
        </Typography>
      )}
      <Confirm
        open={asking}
        title="Make new recovery codes"
        verb="Make 10 new codes"
        busy={renew.isPending}
        error={renew.error ? messageOf(renew.error) : undefined}
        requestId={requestIdOf(renew.error)}
        onConfirm={() => renew.mutate()}
        onClose={() => {
          renew.reset();
          setAsking(false);
        }}
      >
        The codes that you have now stop working, and 10 new ones are shown once.
      </Confirm>
    </Panel>
  );
}
