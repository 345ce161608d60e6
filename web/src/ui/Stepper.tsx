import { Box } from '@mui/material';
import type { Status } from '../lib/status';
import { StatusMark } from './StatusPill';
import { line, toneText } from './tones';

export type Step = { key: string; label: string; status: Status; current?: boolean; note?: string };

/** Steps in their order, each with its state as shape and word. */
export function Stepper(props: { steps: Step[]; label: string }) {
  return (
    <Box
      component="ol"
      aria-label={props.label}
      sx={{ listStyle: 'none', m: 0, p: 0, display: 'flex', flexWrap: 'wrap', rowGap: 0.5 }}
    >
      {props.steps.map((step, i) => (
        <Box
          key={step.key}
          component="li"
          aria-current={step.current ? 'step' : undefined}
          sx={{
            display: 'flex',
            alignItems: 'center',
            gap: 0.5,
            fontSize: 13,
            fontWeight: step.current ? 600 : 400,
            color: step.current ? 'text.primary' : 'text.secondary',
            '& .step': {
              py: '2px',
              borderTop: '2px solid transparent',
              borderBottom: step.current
                ? `2px solid ${toneText(step.status.tone)}`
                : '2px solid transparent',
            },
            '&:not(:last-of-type)::after': {
              content: '""',
              width: 20,
              borderTop: `1px solid ${line}`,
              mx: 0.75,
            },
          }}
        >
          <StatusMark status={step.status} />
          <span className="step">{step.label}</span>
          {step.note && (
            <Box component="span" sx={{ color: 'text.secondary', fontWeight: 400 }}>
              {step.note}
            </Box>
          )}
          <span className="visually-hidden">
            , step {i + 1} of {props.steps.length}, {step.status.label.toLowerCase()}
          </span>
        </Box>
      ))}
    </Box>
  );
}
