import { type KeyboardEvent, type Ref, useState } from 'react';
import { TextField } from '../../ui/mui';

type Props = {
  label: string;
  autoComplete: 'current-password' | 'new-password';
  error?: string;
  hint?: string;
  autoFocus?: boolean;
  ref?: Ref<HTMLInputElement>;
  name: string;
  onChange: (event: { target: unknown }) => void;
  onBlur: (event: { target: unknown }) => void;
};

/** A password box that says when caps lock is on. */
export function PasswordField({
  label,
  autoComplete,
  error,
  hint,
  autoFocus,
  ref,
  ...field
}: Props) {
  const [capsLock, setCapsLock] = useState(false);
  const watch = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'));
  return (
    <TextField
      {...field}
      inputRef={ref}
      label={label}
      type="password"
      autoComplete={autoComplete}
      autoFocus={autoFocus}
      error={Boolean(error)}
      helperText={error || (capsLock ? 'Caps lock is on.' : hint)}
      onKeyUp={watch}
      onKeyDown={watch}
      slotProps={{ formHelperText: { role: 'status' } }}
      fullWidth
    />
  );
}
