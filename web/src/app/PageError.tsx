import { useRouteError } from 'react-router';
import { messageOf, requestIdOf } from '../api/errors';
import { paths } from '../lib/paths';
import { LinkButton } from '../ui/LinkButton';
import { Box, Stack } from '../ui/mui';
import { ErrorState } from '../ui/states';

/** A page of an older build whose files are gone after an update of the manager. */
const isOldBuild = (error: unknown) =>
  error instanceof Error && /dynamically imported module|module script/i.test(error.message);

/** What is shown instead of a page that could not be drawn. */
export function PageError() {
  const error = useRouteError();
  const message = isOldBuild(error)
    ? 'The manager was updated since this page was opened. Load it again.'
    : `This page could not be shown: ${messageOf(error)}`;
  return (
    <Box sx={{ p: 3, maxWidth: 720 }}>
      <Stack sx={{ gap: 2, alignItems: 'flex-start' }}>
        <ErrorState
          message={message}
          requestId={requestIdOf(error)}
          onRetry={() => window.location.reload()}
        />
        <LinkButton to={paths.dashboard} variant="outlined">
          Dashboard
        </LinkButton>
      </Stack>
    </Box>
  );
}
