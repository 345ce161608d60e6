import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call } from '../../../api/client';
import { problemOf } from '../../../api/problem';
import { session } from '../../../api/session';
import { stepUp, useStepUpQuestion } from '../../../api/stepUp';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  Typography,
} from '../../../ui/mui';
import { ErrorState, TextSkeleton } from '../../../ui/states';
import { useMfa, useSsoLinks } from '../queries';
import { StepUpPasskey } from './StepUpPasskey';
import { StepUpSso } from './StepUpSso';
import { StepUpTotp } from './StepUpTotp';

/**
 * Stands beside every page and opens when the manager wants to see the second
 * factor again; the call that was refused is then repeated by itself.
 */
export function StepUpDialog() {
  const asking = useStepUpQuestion();
  useEffect(() => stepUp.attach(), []);
  const cancel = () => stepUp.answer(false);
  return (
    <Dialog open={asking} onClose={cancel} maxWidth="xs" fullWidth aria-labelledby="step-up">
      {asking && (
        <>
          <DialogTitle id="step-up">Confirm that it is you</DialogTitle>
          <DialogContent>
            <Stack sx={{ gap: 2 }}>
              <Typography variant="body2" sx={{ color: 'text.secondary' }}>
                This is a change that somebody at your unlocked screen must not be able to make.
                Afterwards you are not asked again for a few minutes.
              </Typography>
              <Factors />
            </Stack>
          </DialogContent>
          <DialogActions>
            <Button onClick={cancel}>Cancel</Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

/** The factors that this user has. */
function Factors() {
  const mfa = useMfa();
  const links = useSsoLinks();
  const client = useQueryClient();
  const done = async () => {
    stepUp.answer(true);
    // What the user's own page shows of it; the waiting calls do not wait for that.
    const user = await call('me', {}).catch(() => null);
    if (user) session.update(user);
    void client.invalidateQueries({ queryKey: ['account'] });
  };
  const problem = problemOf(mfa);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!mfa.data || links.isPending) return <TextSkeleton lines={3} />;
  const providers = links.data?.items ?? [];
  const passkeys = mfa.data.passkeys.length > 0;
  if (!mfa.data.totp && !passkeys && providers.length === 0)
    return (
      <Alert severity="warning" variant="outlined">
        Your account has no second factor. Set one up in your profile first.
      </Alert>
    );
  return (
    <Stack sx={{ gap: 2 }}>
      {mfa.data.totp && <StepUpTotp onDone={done} />}
      {passkeys && <StepUpPasskey onDone={done} main={!mfa.data.totp} />}
      {providers.map((provider) => (
        <StepUpSso key={provider.provider_id} provider={provider} onDone={done} />
      ))}
    </Stack>
  );
}
