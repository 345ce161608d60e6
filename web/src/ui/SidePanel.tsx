import { Box, Drawer, IconButton, Stack, Typography } from '@mui/material';
import { type ReactNode, useId } from 'react';
import { CloseIcon } from './icons';
import { line } from './tones';

/** Details or a longer form beside the page; Escape closes it and the page keeps its place. */
export function SidePanel(props: {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  width?: number;
}) {
  const id = useId();
  return (
    <Drawer
      open
      anchor="right"
      onClose={props.onClose}
      slotProps={{
        paper: {
          role: 'dialog',
          'aria-modal': true,
          'aria-labelledby': id,
          sx: { width: props.width ?? 520, maxWidth: '100vw' },
        },
      }}
    >
      <Stack
        direction="row"
        sx={{
          px: 2.5,
          py: 1.5,
          gap: 2,
          alignItems: 'center',
          justifyContent: 'space-between',
          borderBottom: `1px solid ${line}`,
        }}
      >
        <Typography id={id} variant="h1" component="h2" sx={{ overflowWrap: 'anywhere' }}>
          {props.title}
        </Typography>
        <IconButton size="small" aria-label="Close" onClick={props.onClose}>
          <CloseIcon fontSize="small" />
        </IconButton>
      </Stack>
      <Box sx={{ p: 2.5, flex: 1, overflowY: 'auto' }}>{props.children}</Box>
      {props.footer && (
        <Stack
          direction="row"
          sx={{
            px: 2.5,
            py: 1.5,
            gap: 1,
            justifyContent: 'flex-end',
            borderTop: `1px solid ${line}`,
          }}
        >
          {props.footer}
        </Stack>
      )}
    </Drawer>
  );
}
