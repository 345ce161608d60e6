import { MenuItem, TextField } from '@mui/material';

/** A filter with a few values over a table; empty means all. */
export function Choice(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: [value: string, text: string][];
  width?: number;
}) {
  const known = props.options.some(([value]) => value === props.value);
  // A value that the list does not have, or not yet, is shown as it is: the filter is in force.
  const options: [string, string][] =
    props.value && !known ? [...props.options, [props.value, props.value]] : props.options;
  return (
    <TextField
      select
      label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      sx={{ width: props.width ?? 150, '& .MuiInputBase-root': { height: 34, fontSize: 13 } }}
      slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
    >
      <MenuItem value="">All</MenuItem>
      {options.map(([value, text]) => (
        <MenuItem key={value} value={value}>
          {text}
        </MenuItem>
      ))}
    </TextField>
  );
}
