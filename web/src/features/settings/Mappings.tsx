import { Controller, type UseFormReturn, useFieldArray } from 'react-hook-form';
import { useAllGroups } from '../../api/groups';
import { PlusIcon, TrashIcon } from '../../ui/icons';
import { Box, Button, FormHelperText, IconButton, MenuItem, Stack, TextField } from '../../ui/mui';
import { PickMany } from '../../ui/PickMany';
import { line } from '../../ui/tones';
import type { ProviderFormValues } from './providerValues';

/** From values of the claims to a role and groups: of several roles the highest counts, of groups all. */
export function Mappings(props: { form: UseFormReturn<ProviderFormValues>; mayChange: boolean }) {
  const { control, register, formState } = props.form;
  const list = useFieldArray({ control, name: 'mappings' });
  const groups = useAllGroups();
  const errors = formState.errors.mappings;
  return (
    <Box role="group" aria-label="Mappings">
      {list.fields.length === 0 && (
        <Box sx={{ fontSize: 13, mb: 1 }}>
          No mapping: everybody from this provider gets the role below.
        </Box>
      )}
      {list.fields.map((field, i) => (
        <Stack
          key={field.id}
          direction="row"
          sx={{ gap: 1, py: 1.25, alignItems: 'flex-start', borderBottom: `1px solid ${line}` }}
        >
          <TextField
            {...register(`mappings.${i}.claim_value`)}
            label="Value"
            sx={{ flex: 2 }}
            error={Boolean(errors?.[i]?.claim_value ?? errors?.[i]?.message)}
            helperText={errors?.[i]?.claim_value?.message ?? errors?.[i]?.message}
          />
          <Controller
            name={`mappings.${i}.role`}
            control={control}
            render={({ field: role }) => (
              <TextField
                {...role}
                select
                disabled={!props.mayChange}
                label="Role"
                sx={{ width: 120 }}
                slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
              >
                <MenuItem value="">none</MenuItem>
                <MenuItem value="auditor">Auditor</MenuItem>
                <MenuItem value="operator">Operator</MenuItem>
                <MenuItem value="admin">Admin</MenuItem>
              </TextField>
            )}
          />
          <Box sx={{ flex: 3, minWidth: 0 }}>
            <Controller
              name={`mappings.${i}.group_ids`}
              control={control}
              render={({ field: ids }) => (
                <PickMany
                  label="Groups"
                  options={groups.data?.items ?? []}
                  loading={groups.isPending}
                  value={ids.value}
                  onChange={ids.onChange}
                  disabled={!props.mayChange}
                />
              )}
            />
          </Box>
          {props.mayChange && (
            <IconButton
              size="small"
              aria-label={`Remove mapping ${i + 1}`}
              onClick={() => list.remove(i)}
              sx={{ mt: 0.5 }}
            >
              <TrashIcon fontSize="small" />
            </IconButton>
          )}
        </Stack>
      ))}
      {errors?.message && <FormHelperText error>{errors.message}</FormHelperText>}
      {props.mayChange && (
        <Button
          startIcon={<PlusIcon />}
          onClick={() => list.append({ claim_value: '', role: 'operator', group_ids: [] })}
          sx={{ mt: 1 }}
        >
          Add mapping
        </Button>
      )}
    </Box>
  );
}
