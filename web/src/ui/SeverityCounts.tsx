import { Box, Tooltip } from '@mui/material';
import { severityOrder, severityStatus } from '../lib/status';
import { StatusMark } from './StatusPill';
import { toneText } from './tones';

export type Severities = Record<(typeof severityOrder)[number], number>;

/** The non-zero severities of something, worst first, in one line. */
export function SeverityCounts(props: { counts: Severities }) {
  const shown = severityOrder.filter((severity) => props.counts[severity] > 0);
  const words = shown
    .map((s) => `${props.counts[s]} ${severityStatus(s).label.toLowerCase()}`)
    .join(', ');
  if (shown.length === 0)
    return (
      <Box component="span" sx={{ color: 'text.secondary' }}>
        none
      </Box>
    );
  return (
    <Tooltip title={words}>
      <Box
        component="span"
        className="num"
        sx={{ display: 'inline-flex', gap: 0.75, alignItems: 'center' }}
      >
        <span className="visually-hidden">{words}</span>
        {shown.map((severity) => (
          <Box
            key={severity}
            component="span"
            aria-hidden
            sx={{
              display: 'inline-flex',
              gap: '3px',
              alignItems: 'center',
              color: toneText(severity),
            }}
          >
            <StatusMark status={severityStatus(severity)} />
            {props.counts[severity]}
          </Box>
        ))}
      </Box>
    </Tooltip>
  );
}
