import { Autocomplete, TextField } from '@mui/material';
import { type ReactNode, useState } from 'react';

/** Takes several words, each shown as a chip: typed and ended with Enter or a comma, or chosen. */
export function WordsField(props: {
  label: string;
  value: string[];
  onChange: (words: string[]) => void;
  options?: string[];
  helper?: ReactNode;
  error?: boolean;
  placeholder?: string;
  autoFocus?: boolean;
}) {
  const [text, setText] = useState('');
  const add = (typed: string) => {
    const words = typed
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean);
    if (words.length > 0) props.onChange([...new Set([...props.value, ...words])]);
    setText('');
  };
  return (
    <Autocomplete
      multiple
      freeSolo
      size="small"
      options={props.options ?? []}
      value={props.value}
      inputValue={text}
      onInputChange={(_, typed, reason) => {
        if (reason === 'input' && typed.includes(',')) add(typed);
        else setText(typed);
      }}
      onChange={(_, next) => {
        props.onChange([...new Set(next.map((word) => word.trim()).filter(Boolean))]);
        setText('');
      }}
      slotProps={{ chip: { size: 'small' } }}
      renderInput={(params) => (
        <TextField
          {...params}
          label={props.label}
          helperText={props.helper}
          error={props.error}
          placeholder={props.placeholder}
          autoFocus={props.autoFocus}
          // What was typed and not ended must not be lost by going on to the next field.
          onBlur={() => add(text)}
        />
      )}
    />
  );
}
