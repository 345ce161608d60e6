import { messageOf, requestIdOf } from '../../api/errors';
import type { Provider, SsoTest } from '../../api/types';
import type { Status } from '../../lib/status';
import { plain } from '../../lib/words';
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
import { notify } from '../../ui/notify';
import { StatusMark } from '../../ui/StatusPill';
import { ErrorState } from '../../ui/states';
import { openBeside, useEnableProvider, useStartTest, useTest } from './queries';

const steps: Record<string, string> = {
  discovery: 'Find the provider',
  keys: 'Read its keys',
  redirect: 'Send you there to sign in',
  code: 'Take the answer back',
  token: 'Exchange it for a token',
  id_token: 'Check the token',
  claims: 'Read who it is',
  mapping: 'Decide what they may',
};

const marks: Record<string, Status> = {
  ok: { label: 'OK', tone: 'ok', shape: 'check' },
  failed: { label: 'Failed', tone: 'critical', shape: 'cross' },
  pending: { label: 'Waiting', tone: 'neutral', shape: 'clock' },
};

/** Makes the whole round trip in another window and shows each step; only then it can be enabled. */
export function TestConnection({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const start = useStartTest(provider.id);
  const test = useTest(start.data?.id ?? '');
  const enable = useEnableProvider(provider.id, () => {
    notify(`${provider.name} is on the sign-in page.`, 'success');
    onClose();
  });
  const state = test.data?.state;
  const error = start.error ?? test.error ?? enable.error;
  const url = start.data?.authorize_url;
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullWidth aria-labelledby="test-title">
      <DialogTitle id="test-title">Test {provider.name}</DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2, fontSize: 14 }}>
          {!start.data && (
            <span>
              A window opens in which you sign in at the provider. The manager makes the whole round
              trip and shows each step here. Nobody is signed in and nothing is enabled by this.
            </span>
          )}
          {start.data && !start.data.opened && url && state === 'waiting' && (
            <Alert
              severity="warning"
              variant="outlined"
              action={
                <Button color="inherit" onClick={() => openBeside(url)}>
                  Open the window
                </Button>
              }
            >
              The browser did not allow the window.
            </Alert>
          )}
          {test.data && <Steps test={test.data} />}
          {state && <Verdict state={state} enabled={provider.enabled} />}
          {error && <ErrorState message={messageOf(error)} requestId={requestIdOf(error)} />}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
        <Button
          variant={state === 'succeeded' && !provider.enabled ? 'outlined' : 'contained'}
          loading={start.isPending}
          onClick={() => start.mutate()}
        >
          {start.data ? 'Test again' : 'Test connection'}
        </Button>
        {!provider.enabled && state === 'succeeded' && (
          <Button
            variant="contained"
            loading={enable.isPending}
            onClick={() => enable.mutate(true)}
          >
            Enable {provider.name}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

function Verdict(props: { state: SsoTest['state']; enabled: boolean }) {
  const text = {
    waiting: 'Waiting for you to sign in in the other window.',
    succeeded: props.enabled
      ? 'Everything works.'
      : 'Everything works. The provider can be enabled now.',
    failed: 'The test failed at the step above. Correct it and test again.',
  }[props.state];
  return (
    <Box role="status" sx={{ fontWeight: 600 }}>
      {text}
    </Box>
  );
}

function Steps({ test }: { test: SsoTest }) {
  return (
    <Box component="ol" aria-label="Steps of the test" sx={{ m: 0, p: 0, listStyle: 'none' }}>
      {test.steps.map((step) => {
        const mark = marks[step.state] ?? (marks.pending as Status);
        return (
          <Stack key={step.name} component="li" direction="row" sx={{ gap: 1, py: 0.5 }}>
            <StatusMark status={mark} />
            <Box sx={{ minWidth: 0 }}>
              {steps[step.name] ?? plain(step.name)}
              <span className="visually-hidden">: {mark.label}</span>
              {step.detail && (
                <Box
                  sx={{
                    fontSize: 13,
                    overflowWrap: 'anywhere',
                    color: step.state === 'failed' ? 'error.main' : 'text.secondary',
                  }}
                >
                  {step.detail}
                </Box>
              )}
            </Box>
          </Stack>
        );
      })}
    </Box>
  );
}
