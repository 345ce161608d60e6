import { Box, Tooltip } from '@mui/material';
import type { ReactNode } from 'react';

/**
 * Says why what is inside cannot be used; the reason is empty when it can. A
 * disabled button takes no focus, so the frame does: the reason is for the
 * keyboard and the screen reader too.
 */
export function Refusable(props: { why: string; children: ReactNode }) {
  if (!props.why) return props.children;
  return (
    <Tooltip title={props.why} describeChild>
      <Box
        component="span"
        tabIndex={0}
        role="group"
        aria-label={props.why}
        sx={{ display: 'inline-flex' }}
      >
        {props.children}
      </Box>
    </Tooltip>
  );
}
