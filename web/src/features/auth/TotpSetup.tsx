import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client';
import { keys } from '../../api/keys';
import { problemOf } from '../../api/problem';
import { session } from '../../api/session';
import type { TOTPConfirmed } from '../../api/types';
import { CopyButton } from '../../ui/Copy';
import { Box, Button, Stack, Typography } from '../../ui/mui';
import { QrCode } from '../../ui/QrCode';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { CodeForm } from './CodeForm';

/** "JBSWY3DP…" in groups of four, as apps ask for it. */
export const grouped = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ');

/** Pairs an authenticator app: its secret as a picture and as text, then a first code as the proof. */
export function TotpSetup(props: { onDone: (answer: TOTPConfirmed) => void }) {
  const setup = useQuery({
    queryKey: keys.totpSetup,
    queryFn: ({ signal }) => call('beginTotp', { signal }),
    // Each call makes another secret: once a visit, never by itself.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    retry: false,
  });
  const problem = problemOf(setup);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!setup.data) return <TextSkeleton lines={6} label="Loading the secret" />;
  return (
    <Stack sx={{ gap: 2.5 }}>
      <Stack direction={{ xs: 'column', sm: 'row' }} sx={{ gap: 2.5, alignItems: 'flex-start' }}>
        <QrCode rows={setup.data.qr} label="QR code for the authenticator app" size={184} />
        <Stack sx={{ gap: 1.25, minWidth: 0 }}>
          <Typography variant="h3" component="h2">
            1. Scan this with your authenticator app
          </Typography>
          <Typography variant="body2" sx={{ color: 'text.secondary' }}>
            Or enter the key by hand, with codes that change every 30 seconds:
          </Typography>
          <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.5 }}>
            <Box component="code" aria-label="Key" sx={{ fontSize: 13, userSelect: 'all' }}>
              {grouped(setup.data.secret)}
            </Box>
            <CopyButton text={setup.data.secret} label="Copy the key" />
          </Box>
          <Button
            component="a"
            href={setup.data.uri}
            sx={{ alignSelf: 'flex-start', ml: -0.75, display: { sm: 'none' } }}
          >
            Open the app on this device
          </Button>
        </Stack>
      </Stack>
      <Confirm onDone={props.onDone} />
    </Stack>
  );
}

function Confirm(props: { onDone: (answer: TOTPConfirmed) => void }) {
  return (
    <Stack sx={{ gap: 1.5, maxWidth: 320 }}>
      <Typography variant="h3" component="h2">
        2. Enter the code that it shows now
      </Typography>
      <CodeForm
        send={(code) => call('confirmTotp', { body: { code } })}
        onDone={(answer) => {
          props.onDone(answer);
          if (answer.session) session.begin(answer.session);
        }}
        verb="Confirm"
        narrow
      />
    </Stack>
  );
}
