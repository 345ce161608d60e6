import { Box, Paper, Stack, Typography } from '@mui/material';
import { type ReactNode, useEffect } from 'react';
import { line } from './tones';

/** Title, what identifies the thing, and the actions that matter. Sets the tab's title. */
export function PageHeader(props: {
  title: string;
  aside?: ReactNode;
  subtitle?: ReactNode;
  actions?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Patch Manager`;
  }, [props.title]);
  return (
    <Stack direction="row" sx={{ mb: 2, gap: 2, alignItems: 'flex-start', flexWrap: 'wrap' }}>
      <Box sx={{ flex: '1 1 320px', minWidth: 0 }}>
        <Stack direction="row" sx={{ gap: 1.25, alignItems: 'center', flexWrap: 'wrap' }}>
          <Typography variant="h1" sx={{ overflowWrap: 'anywhere' }}>
            {props.title}
          </Typography>
          {props.aside}
        </Stack>
        {props.subtitle && (
          <Typography component="div" variant="body2" sx={{ color: 'text.secondary', mt: 0.25 }}>
            {props.subtitle}
          </Typography>
        )}
      </Box>
      {props.actions && (
        <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap' }}>
          {props.actions}
        </Stack>
      )}
    </Stack>
  );
}

/** A titled part of a page. */
export function Panel(props: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
}) {
  return (
    <Paper
      component="section"
      sx={{ border: `1px solid ${line}`, minWidth: 0, overflow: 'hidden' }}
    >
      {props.title && (
        <Stack
          direction="row"
          sx={{
            px: 2,
            pt: 1.5,
            pb: props.flush ? 1 : 0,
            alignItems: 'center',
            justifyContent: 'space-between',
            gap: 1,
          }}
        >
          <Typography variant="h2">{props.title}</Typography>
          {props.actions}
        </Stack>
      )}
      <Box sx={props.flush ? {} : { p: 2 }}>{props.children}</Box>
    </Paper>
  );
}

/** Names and values in two columns. */
export function Facts(props: { items: [string, ReactNode][] }) {
  return (
    <Box
      component="dl"
      sx={{
        m: 0,
        display: 'grid',
        gridTemplateColumns: 'minmax(110px, max-content) 1fr',
        columnGap: 2,
        rowGap: 0.75,
        fontSize: 13,
      }}
    >
      {props.items.map(([name, value]) => (
        <Box key={name} sx={{ display: 'contents' }}>
          <Box component="dt" sx={{ color: 'text.secondary' }}>
            {name}
          </Box>
          <Box component="dd" sx={{ m: 0, minWidth: 0, overflowWrap: 'anywhere' }}>
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}

export const Mono = (props: { children: ReactNode; title?: string }) => (
  <Box component="span" className="mono" title={props.title} sx={{ overflowWrap: 'anywhere' }}>
    {props.children}
  </Box>
);
