import { Box, IconButton, Tooltip } from '@mui/material';
import { useState } from 'react';
import { CopyIcon } from './icons';
import { notify } from './notify';
import { line, mono, raised } from './tones';

/** Puts text on the clipboard; false where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    notify('The browser did not allow copying. Select the text and copy it by hand.', 'warning');
    return false;
  }
}

export function CopyButton(props: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  return (
    <Tooltip title={done ? 'Copied' : props.label} onClose={() => setDone(false)}>
      <IconButton
        size="small"
        aria-label={props.label}
        onClick={async () => setDone(await copyText(props.text))}
      >
        <CopyIcon fontSize="inherit" />
      </IconButton>
    </Tooltip>
  );
}

/** A command to paste elsewhere. */
export function CommandBlock(props: { text: string; label: string }) {
  return (
    <Box
      sx={{
        display: 'flex',
        alignItems: 'flex-start',
        gap: 1,
        border: `1px solid ${line}`,
        background: raised,
        borderRadius: 1,
        p: 1.25,
      }}
    >
      <Box
        component="code"
        tabIndex={0}
        aria-label={props.label}
        sx={{
          flex: 1,
          fontFamily: mono,
          fontSize: 13,
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          userSelect: 'all',
        }}
      >
        {props.text}
      </Box>
      <CopyButton text={props.text} label={`Copy ${props.label.toLowerCase()}`} />
    </Box>
  );
}
