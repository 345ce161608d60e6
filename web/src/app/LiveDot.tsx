import { useLiveStatus } from '../api/liveConnection';
import { Box, Tooltip } from '../ui/mui';
import { stripes, toneText } from '../ui/tones';

const words = {
  off: ['Not connected', 'Live messages are off.'],
  connecting: ['Connecting', 'Connecting for live messages.'],
  live: ['Live', 'Changes appear by themselves.'],
  polling: [
    'Every 5 s',
    'The live connection is down; the page asks every 5 seconds and keeps trying to connect.',
  ],
} as const;

/** Says whether what is on the page is live. */
export function LiveDot() {
  const status = useLiveStatus();
  const [label, hint] = words[status];
  const live = status === 'live';
  return (
    <Tooltip title={hint} describeChild>
      <Box
        component="span"
        role="status"
        sx={{
          display: 'inline-flex',
          alignItems: 'center',
          gap: 0.75,
          fontSize: 12,
          color: 'text.secondary',
          whiteSpace: 'nowrap',
        }}
      >
        <Box
          component="span"
          aria-hidden
          sx={{
            width: 10,
            height: 10,
            borderRadius: live ? '50%' : '2px',
            background: live ? toneText('ok') : stripes,
            border: live ? 0 : `1px solid ${toneText('unknown')}`,
          }}
        />
        {label}
      </Box>
    </Tooltip>
  );
}
