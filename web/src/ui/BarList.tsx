import { Box } from '@mui/material';
import type { Status } from '../lib/status';
import { CountLink } from './Link';
import { StatusMark } from './StatusPill';
import { line, stripes, toneText } from './tones';

export type Bar = {
  key: string;
  status: Status;
  n: number;
  to: string;
  label: string;
  /** What else there is to say about the number. */
  hint?: string;
};

/** Bars from zero with the number beside each; the table of them is the list itself. */
export function BarList(props: { bars: Bar[]; label: string }) {
  const most = Math.max(1, ...props.bars.map((bar) => bar.n));
  return (
    <Box
      component="ul"
      aria-label={props.label}
      sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 0.75 }}
    >
      {props.bars.map((bar) => (
        <Box
          key={bar.key}
          component="li"
          title={bar.hint}
          sx={{
            display: 'grid',
            gridTemplateColumns: '112px 1fr 56px',
            gap: 1,
            alignItems: 'center',
            fontSize: 13,
          }}
        >
          <Box sx={{ display: 'flex', gap: 0.75, alignItems: 'center' }}>
            <StatusMark status={bar.status} />
            {bar.status.label}
          </Box>
          <Box
            sx={{
              height: 10,
              borderRadius: '2px',
              background: 'transparent',
              borderLeft: `1px solid ${line}`,
            }}
          >
            <Box
              sx={{
                width: `${(bar.n / most) * 100}%`,
                minWidth: bar.n > 0 ? 3 : 0,
                height: '100%',
                borderRadius: '0 2px 2px 0',
                background: bar.status.tone === 'unknown' ? stripes : toneText(bar.status.tone),
              }}
            />
          </Box>
          <Box sx={{ textAlign: 'right' }}>
            <CountLink n={bar.n} to={bar.to} label={bar.label} />
          </Box>
        </Box>
      ))}
    </Box>
  );
}
