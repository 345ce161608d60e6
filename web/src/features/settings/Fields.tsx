import { Controller, type FieldValues, type Path, type UseFormReturn } from 'react-hook-form';
import { Box, FormControlLabel, Switch, TextField } from '../../ui/mui';

type Props<F extends FieldValues> = {
  form: UseFormReturn<F>;
  name: Path<F>;
  label: string;
  hint: string;
};

function messageAt<F extends FieldValues>(form: UseFormReturn<F>, name: Path<F>) {
  return form.getFieldState(name, form.formState).error?.message;
}

/** A number with its unit and what it means. */
export function NumberField<F extends FieldValues>(props: Props<F> & { unit: string }) {
  const error = messageAt(props.form, props.name);
  return (
    <TextField
      {...props.form.register(props.name)}
      label={props.label}
      error={Boolean(error)}
      helperText={error ?? props.hint}
      slotProps={{
        htmlInput: { inputMode: 'numeric' },
        input: {
          endAdornment: <Box sx={{ color: 'text.secondary', fontSize: 13 }}>{props.unit}</Box>,
        },
      }}
      sx={{ '& .MuiInputBase-root': { maxWidth: 220 } }}
    />
  );
}

export function TextLine<F extends FieldValues>(props: Props<F>) {
  const error = messageAt(props.form, props.name);
  return (
    <TextField
      {...props.form.register(props.name)}
      label={props.label}
      error={Boolean(error)}
      helperText={error ?? props.hint}
      autoComplete="off"
    />
  );
}

/** Something that is on or off, and what each means. */
export function SwitchField<F extends FieldValues>(props: Props<F>) {
  return (
    <Controller
      name={props.name}
      control={props.form.control}
      render={({ field }) => (
        <Box>
          <FormControlLabel
            control={
              <Switch
                size="small"
                checked={Boolean(field.value)}
                onChange={(_, on) => field.onChange(on)}
                onBlur={field.onBlur}
                slotProps={{ input: { ref: field.ref } }}
              />
            }
            label={props.label}
            sx={{ ml: -0.5, gap: 0.5 }}
          />
          <Box sx={{ fontSize: 12, color: 'text.secondary' }}>{props.hint}</Box>
        </Box>
      )}
    />
  );
}
