import { Controller, type UseFormReturn } from 'react-hook-form';
import { useAllGroups } from '../../api/groups';
import {
  Box,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
} from '../../ui/mui';
import { PickMany } from '../../ui/PickMany';
import type { UserForm } from './forms';
import { roles } from './words';

/** The fields of an account, for making and for changing one. */
export function UserFields(props: { form: UseFormReturn<UserForm>; isNew: boolean }) {
  const { register, control, formState, watch } = props.form;
  const { errors } = formState;
  const groups = useAllGroups();
  const role = watch('role');
  return (
    <Stack sx={{ gap: 2 }}>
      <TextField
        {...register('username')}
        label="User name"
        disabled={!props.isNew}
        autoFocus={props.isNew}
        autoComplete="off"
        error={Boolean(errors.username)}
        helperText={
          errors.username?.message ??
          (props.isNew ? 'Typed at sign-in, and kept in the audit trail.' : 'Cannot be changed.')
        }
      />
      <TextField
        {...register('display_name')}
        label="Name"
        autoFocus={!props.isNew}
        error={Boolean(errors.display_name)}
        helperText={errors.display_name?.message}
      />
      <TextField
        {...register('email')}
        label="E-mail"
        type="email"
        error={Boolean(errors.email)}
        helperText={errors.email?.message}
      />
      <Controller
        name="role"
        control={control}
        render={({ field }) => (
          <FormControl>
            <FormLabel id="role-label" sx={{ fontSize: 13 }}>
              Role
            </FormLabel>
            <RadioGroup aria-labelledby="role-label" {...field}>
              {roles.map(([value, name, what]) => (
                <FormControlLabel
                  key={value}
                  value={value}
                  control={<Radio size="small" sx={{ py: 0.5 }} />}
                  sx={{ alignItems: 'flex-start', mt: 0.5 }}
                  label={
                    <Box sx={{ pt: 0.5, fontSize: 13 }}>
                      {name}
                      <Box sx={{ color: 'text.secondary' }}>{what}</Box>
                    </Box>
                  }
                />
              ))}
            </RadioGroup>
          </FormControl>
        )}
      />
      <Controller
        name="group_ids"
        control={control}
        render={({ field }) => (
          <PickMany
            label="Groups"
            options={groups.data?.items ?? []}
            loading={groups.isPending}
            value={field.value}
            onChange={field.onChange}
            noOptions="There is no group yet: make one under Groups."
            error={Boolean(errors.group_ids)}
            helper={
              errors.group_ids?.message ??
              (role === 'operator'
                ? 'Without a group an operator sees no host.'
                : 'In force only while the role is operator: this role sees all hosts.')
            }
          />
        )}
      />
    </Stack>
  );
}
