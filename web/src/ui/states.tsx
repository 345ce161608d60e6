import { Alert, Box, Button, Skeleton, Stack, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { isCalm } from '../lib/calm';

/** Nothing to show, why, and the next step. */
export function EmptyState(props: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack sx={{ alignItems: 'center', textAlign: 'center', px: 3, py: 5, gap: 1 }}>
      <Typography variant="h3" component="p">
        {props.title}
      </Typography>
      {props.children && (
        <Typography variant="body2" sx={{ color: 'text.secondary', maxWidth: 520 }}>
          {props.children}
        </Typography>
      )}
      {props.action && <Box sx={{ mt: 1 }}>{props.action}</Box>}
    </Stack>
  );
}

/** What went wrong, how to go on, and the request id to quote. */
export function ErrorState(props: { message: string; requestId?: string; onRetry?: () => void }) {
  return (
    <Alert
      severity={isCalm(props.message) ? 'info' : 'error'}
      variant="outlined"
      action={
        props.onRetry && (
          <Button color="inherit" onClick={props.onRetry}>
            Try again
          </Button>
        )
      }
    >
      {props.message}
      {props.requestId && (
        <Typography variant="caption" component="div" sx={{ color: 'text.secondary' }}>
          Request <span className="mono">{props.requestId}</span>
        </Typography>
      )}
    </Alert>
  );
}

/** Lines in the shape of text that is on its way. */
export function TextSkeleton(props: { lines?: number; label?: string }) {
  return (
    <Stack role="status" aria-label={props.label ?? 'Loading'} sx={{ gap: 1 }}>
      {Array.from({ length: props.lines ?? 4 }, (_, i) => (
        <Skeleton key={i} variant="rounded" height={14} width={`${90 - ((i * 17) % 45)}%`} />
      ))}
    </Stack>
  );
}
