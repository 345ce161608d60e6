import { Box, Tooltip } from '@mui/material';
import type { Status } from '../lib/status';
import { ShapeIcon } from './icons';
import { line, stripes, toneText, toneTint } from './tones';

/** A state as words, colour and shape. Unknown is striped and outlined. */
export function StatusPill(props: { status: Status; hint?: string; text?: string }) {
  const { tone, shape, label } = props.status;
  const unknown = tone === 'unknown';
  const pill = (
    <Box
      component="span"
      sx={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 0.5,
        px: 0.75,
        height: 20,
        borderRadius: '4px',
        fontSize: 12,
        fontWeight: 500,
        lineHeight: '20px',
        whiteSpace: 'nowrap',
        color: toneText(tone),
        background: toneTint(tone),
        border: unknown ? `1px dashed ${toneText('unknown')}` : '1px solid transparent',
      }}
    >
      <ShapeIcon shape={shape} />
      {props.text ?? label}
    </Box>
  );
  return props.hint ? (
    <Tooltip title={props.hint} describeChild>
      {pill}
    </Tooltip>
  ) : (
    pill
  );
}

/** Colour and shape only, where the words stand beside it. */
export function StatusMark(props: { status: Status }) {
  return (
    <Box
      component="span"
      aria-hidden
      sx={{
        display: 'inline-flex',
        fontSize: 14,
        color: toneText(props.status.tone),
        verticalAlign: '-2px',
      }}
    >
      <ShapeIcon shape={props.status.shape} />
    </Box>
  );
}

/** A thin bar that shows how far something is; the number stands beside it. */
export function ProgressBar(props: {
  percent: number;
  status: Status;
  label: string;
  width?: number | string;
}) {
  const percent = Math.max(0, Math.min(100, props.percent));
  return (
    <Box
      role="progressbar"
      aria-label={props.label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      sx={{
        width: props.width ?? '100%',
        minWidth: 40,
        height: 6,
        borderRadius: 3,
        overflow: 'hidden',
        background: line,
      }}
    >
      <Box
        sx={{
          width: `${percent}%`,
          height: '100%',
          background: props.status.tone === 'unknown' ? stripes : toneText(props.status.tone),
        }}
      />
    </Box>
  );
}
