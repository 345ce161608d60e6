import { IconButton, InputAdornment, TextField } from '@mui/material';
import { useEffect, useRef, useState } from 'react';
import { CloseIcon, SearchIcon } from './icons';

/** A search box that tells what was typed 250 ms after the last key, or at once on Enter. */
export function SearchField(props: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  width?: number | string;
  autoFocus?: boolean;
  /** The list that the arrow keys of this box move in. */
  combobox?: { listId: string; activeId?: string };
}) {
  const [text, setText] = useState(props.value);
  const told = useRef(props.value);
  useEffect(() => {
    if (props.value !== told.current) {
      told.current = props.value;
      setText(props.value);
    }
  }, [props.value]);
  const tell = (value: string) => {
    if (value === told.current) return;
    told.current = value;
    props.onChange(value);
  };
  const tellNow = useRef(tell);
  tellNow.current = tell;
  useEffect(() => {
    const timer = setTimeout(() => tellNow.current(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <TextField
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && tell(text.trim())}
      placeholder={props.label}
      type="text"
      autoFocus={props.autoFocus}
      sx={{ width: props.width ?? 280, '& .MuiInputBase-root': { height: 34, fontSize: 13 } }}
      slotProps={{
        htmlInput: {
          'aria-label': props.label,
          ...(props.combobox
            ? {
                role: 'combobox',
                'aria-expanded': true,
                'aria-autocomplete': 'list',
                'aria-controls': props.combobox.listId,
                'aria-activedescendant': props.combobox.activeId,
              }
            : { role: 'searchbox' }),
        },
        input: {
          startAdornment: (
            <InputAdornment position="start">
              <SearchIcon fontSize="small" />
            </InputAdornment>
          ),
          endAdornment: text && (
            <IconButton
              size="small"
              aria-label={`Clear ${props.label.toLowerCase()}`}
              onClick={() => setText('')}
            >
              <CloseIcon fontSize="inherit" />
            </IconButton>
          ),
        },
      }}
    />
  );
}
