import { Autocomplete, TextField } from '@mui/material';
import type { ReactNode } from 'react';

export type Pick = { id: string; name: string };

/** Chooses several of a list by typing, each shown as a chip. */
export function PickMany(props: {
  label: string;
  options: Pick[];
  value: string[];
  onChange: (ids: string[]) => void;
  helper?: ReactNode;
  error?: boolean;
  disabled?: boolean;
  loading?: boolean;
  autoFocus?: boolean;
  noOptions?: string;
}) {
  const chosen = props.value.map(
    (id) => props.options.find((option) => option.id === id) ?? { id, name: id },
  );
  return (
    <Autocomplete
      multiple
      size="small"
      options={props.options}
      value={chosen}
      disabled={props.disabled}
      loading={props.loading}
      disableCloseOnSelect
      getOptionLabel={(option) => option.name}
      getOptionKey={(option) => option.id}
      isOptionEqualToValue={(a, b) => a.id === b.id}
      noOptionsText={props.noOptions ?? 'Nothing to choose'}
      onChange={(_, next) => props.onChange(next.map((option) => option.id))}
      slotProps={{ chip: { size: 'small' } }}
      renderInput={(params) => (
        <TextField
          {...params}
          label={props.label}
          helperText={props.helper}
          error={props.error}
          autoFocus={props.autoFocus}
        />
      )}
    />
  );
}
