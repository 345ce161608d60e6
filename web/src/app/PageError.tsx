import { useEffect, useState } from 'react';
import { useRouteError } from 'react-router';
import { messageOf, requestIdOf } from '../api/errors';
import { paths } from '../lib/paths';
import { LinkButton } from '../ui/LinkButton';
import { Box, Stack } from '../ui/mui';
import { ErrorState, TextSkeleton } from '../ui/states';
import { isChunkError, type LoadFailure, whyNotLoaded } from './chunks';

const words: Record<LoadFailure, string> = {
  updated: 'The manager was updated since this page was opened. Load it again.',
  unreachable:
    'This page could not be loaded, because the manager does not answer. Check the connection, then try again.',
  broken: 'A part of this page did not arrive: the connection was interrupted. Load it again.',
};

/** What is shown instead of a page that could not be drawn. */
export function PageError() {
  const error = useRouteError();
  const notLoaded = isChunkError(error);
  const [why, setWhy] = useState<LoadFailure | null>(null);
  useEffect(() => {
    if (notLoaded) void whyNotLoaded().then(setWhy);
  }, [notLoaded]);
  return (
    <Box sx={{ p: 3, maxWidth: 720 }}>
      {notLoaded && !why ? (
        <TextSkeleton lines={2} label="Loading the reason" />
      ) : (
        <Stack sx={{ gap: 2, alignItems: 'flex-start' }}>
          <ErrorState
            message={why ? words[why] : `This page could not be shown: ${messageOf(error)}`}
            requestId={requestIdOf(error)}
            onRetry={() => window.location.reload()}
          />
          <LinkButton to={paths.dashboard} variant="outlined">
            Dashboard
          </LinkButton>
        </Stack>
      )}
    </Box>
  );
}
