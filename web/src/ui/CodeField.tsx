import { TextField } from '@mui/material';
import { type Ref, useEffect, useRef } from 'react';
import { mono } from './tones';

export const codeLength = 6;

/** The digits of what was typed or pasted: "123 456" is 123456. */
export const digitsOf = (text: string) => text.replace(/\D/g, '').slice(0, codeLength);

/**
 * The box for the six digits of an authenticator app. The sixth digit sends them;
 * a refused code is chosen whole, so that typing replaces it.
 */
export function CodeField(props: {
  value: string;
  onChange: (digits: string) => void;
  /** Called once for each whole code, with it. */
  onWhole: (digits: string) => void;
  label?: string;
  hint?: string;
  error?: string;
  disabled?: boolean;
  autoFocus?: boolean;
  ref?: Ref<HTMLInputElement>;
}) {
  const input = useRef<HTMLInputElement>(null);
  const { error } = props;
  useEffect(() => {
    if (error) input.current?.select();
  }, [error]);
  const change = (text: string) => {
    const digits = digitsOf(text);
    props.onChange(digits);
    if (digits.length === codeLength && digits !== props.value) props.onWhole(digits);
  };
  return (
    <TextField
      value={props.value}
      onChange={(event) => change(event.target.value)}
      label={props.label ?? 'Six-digit code'}
      error={Boolean(error)}
      helperText={error || props.hint}
      // Kept in place while it is checked: a disabled box would lose the focus.
      slotProps={{
        formHelperText: { role: error ? 'alert' : undefined },
        htmlInput: {
          ref: input,
          inputMode: 'numeric',
          autoComplete: 'one-time-code',
          readOnly: props.disabled,
          'aria-busy': props.disabled,
          spellCheck: false,
          style: { fontFamily: mono, fontSize: 18, letterSpacing: '0.25em' },
        },
      }}
      autoFocus={props.autoFocus}
      fullWidth
    />
  );
}
