import type { ReactNode } from 'react';
import {
  Autocomplete,
  Checkbox,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
} from '../../ui/mui';
import type { Draft } from './draft';
import { useMatching, useSuggestions } from './queries';

type Set = (values: Record<string, string | undefined>) => void;

/** Which patches, what not, and whether the hosts may reboot. */
export function What({ draft, set }: { draft: Draft; set: Set }) {
  const matching = useMatching(draft.all).data?.items.map((host) => host.id) ?? [];
  const suggestions = useSuggestions(draft.all ? matching : draft.hosts);
  return (
    <Stack sx={{ gap: 2.5, maxWidth: 640 }}>
      <Choice
        label="Patches"
        value={draft.selection.mode}
        onChange={(mode) =>
          set({
            mode,
            packages: mode === 'named' ? draft.selection.packages?.join(',') : undefined,
          })
        }
        options={[
          ['security', 'Security updates only'],
          ['all', 'All updates'],
          ['named', 'Only the packages that I name'],
        ]}
      />
      {draft.selection.mode === 'named' && (
        <Names
          label="Packages"
          hint="Only packages that are installed are updated; none is added because it was named."
          value={draft.selection.packages ?? []}
          onChange={(names) => set({ packages: names.join(',') })}
          options={suggestions}
        />
      )}
      <Names
        label="Leave out"
        hint="Packages that stay as they are, on every host."
        value={draft.selection.exclude ?? []}
        onChange={(names) => set({ exclude: names.join(',') })}
        options={suggestions}
      />
      <Choice
        label="Reboot"
        value={draft.reboot}
        onChange={(reboot) => set({ reboot })}
        options={[
          ['never', 'Never'],
          ['if_needed', 'Where it is needed afterwards'],
          ['always', 'Always'],
        ]}
      />
      <FormControlLabel
        control={
          <Checkbox
            size="small"
            checked={draft.removals}
            onChange={(event) => set({ removals: event.target.checked ? '1' : undefined })}
          />
        }
        label="Packages may be removed when an update cannot go in without it"
      />
      <TextField
        label="Note"
        helperText="Shown with the job and in the audit log."
        value={draft.note}
        onChange={(event) => set({ note: event.target.value })}
        slotProps={{ htmlInput: { maxLength: 500 } }}
      />
    </Stack>
  );
}

function Choice(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: [string, ReactNode][];
}) {
  return (
    <FormControl>
      <FormLabel sx={{ fontSize: 13 }}>{props.label}</FormLabel>
      <RadioGroup
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
        aria-label={props.label}
      >
        {props.options.map(([value, text]) => (
          <FormControlLabel
            key={value}
            value={value}
            control={<Radio size="small" sx={{ py: 0.5 }} />}
            label={text}
          />
        ))}
      </RadioGroup>
    </FormControl>
  );
}

function Names(props: {
  label: string;
  hint: string;
  value: string[];
  onChange: (names: string[]) => void;
  options: string[];
}) {
  const clean = (names: string[]) => [
    ...new Set(names.flatMap((name) => name.split(/[\s,]+/)).filter(Boolean)),
  ];
  return (
    <Autocomplete
      multiple
      freeSolo
      autoSelect
      size="small"
      options={props.options}
      value={props.value}
      onChange={(_, names) => props.onChange(clean(names))}
      renderInput={(params) => (
        <TextField {...params} label={props.label} helperText={props.hint} />
      )}
    />
  );
}
