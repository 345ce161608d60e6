import { useState } from 'react';
import { Controller, type UseFormReturn } from 'react-hook-form';
import { CommandBlock } from '../../ui/Copy';
import {
  Box,
  Button,
  MenuItem,
  Stack,
  TextField,
  ToggleButton,
  ToggleButtonGroup,
  Typography,
} from '../../ui/mui';
import { SwitchField, TextLine } from './Fields';
import { Mappings } from './Mappings';
import type { ProviderFormValues } from './providerValues';

type Form = UseFormReturn<ProviderFormValues>;

const Heading = (props: { children: string }) => (
  <Typography variant="h2" component="h3">
    {props.children}
  </Typography>
);

/** Where the provider is and how the two know each other. */
export function Connection(props: { form: Form; hasSecret: boolean; redirectUri: string }) {
  const { form } = props;
  const kind = form.watch('kind');
  return (
    <>
      <Controller
        name="kind"
        control={form.control}
        render={({ field }) => (
          <ToggleButtonGroup
            exclusive
            size="small"
            aria-label="Kind of provider"
            value={field.value}
            onChange={(_, value: string | null) => value && field.onChange(value)}
          >
            <ToggleButton value="oidc" sx={{ textTransform: 'none', px: 2 }}>
              OpenID Connect
            </ToggleButton>
            <ToggleButton value="azure" sx={{ textTransform: 'none', px: 2 }}>
              Microsoft Entra ID (Azure AD)
            </ToggleButton>
          </ToggleButtonGroup>
        )}
      />
      <TextLine form={form} name="name" label="Name" hint="The button on the sign-in page." />
      {kind === 'oidc' ? (
        <TextLine
          form={form}
          name="issuer"
          label="Issuer"
          hint="Such as https://id.example.com/realms/main. Everything else is discovered from there."
        />
      ) : (
        <TextLine
          form={form}
          name="tenant_id"
          label="Directory (tenant) id"
          hint="On the overview page of the app registration."
        />
      )}
      <Box>
        <Box sx={{ fontSize: 13, mb: 0.5 }}>
          Register an application there, with exactly this redirect address:
        </Box>
        <CommandBlock label="Redirect address" text={props.redirectUri} />
      </Box>
      <TextLine
        form={form}
        name="client_id"
        label={kind === 'azure' ? 'Application (client) id' : 'Client id'}
        hint="What the provider calls this application."
      />
      <Secret form={form} has={props.hasSecret} />
      <TextLine
        form={form}
        name="scopes"
        label="Scopes"
        hint="Words between spaces. openid is always asked for."
      />
    </>
  );
}

/** A secret that is set is never shown: it can only be replaced. */
function Secret({ form, has }: { form: Form; has: boolean }) {
  const [replacing, setReplacing] = useState(!has);
  const error = form.formState.errors.client_secret?.message;
  if (!replacing && !error)
    return (
      <Stack direction="row" sx={{ gap: 1.5, alignItems: 'center', fontSize: 13 }}>
        A client secret is set. It cannot be shown.
        <Button variant="outlined" onClick={() => setReplacing(true)}>
          Replace
        </Button>
      </Stack>
    );
  return (
    <TextField
      {...form.register('client_secret')}
      type="password"
      label={has ? 'New client secret' : 'Client secret'}
      autoComplete="new-password"
      autoFocus={has}
      error={Boolean(error)}
      helperText={
        error ?? (has ? 'Empty: the old one stays.' : 'Empty: the provider knows us by PKCE alone.')
      }
    />
  );
}

/** What people may who come from there. */
export function Rights({ form, mayChange }: { form: Form; mayChange: boolean }) {
  const error = form.formState.errors.default_role?.message;
  return (
    <>
      <Heading>What people may</Heading>
      <Stack direction="row" sx={{ gap: 2, '& > *': { flex: 1 } }}>
        <TextLine
          form={form}
          name="groups_claim"
          label="Groups claim"
          hint="Compared with the mappings; dots lead into nested claims."
        />
        <TextLine form={form} name="role_claim" label="Role claim" hint="Another such claim." />
      </Stack>
      <Mappings form={form} mayChange={mayChange} />
      <Controller
        name="default_role"
        control={form.control}
        render={({ field }) => (
          <TextField
            {...field}
            select
            disabled={!mayChange}
            label="Whoever matches no mapping"
            error={Boolean(error)}
            helperText={error ?? 'Looked at again with each sign-in.'}
            slotProps={{ inputLabel: { shrink: true }, select: { displayEmpty: true } }}
          >
            <MenuItem value="">is refused</MenuItem>
            <MenuItem value="auditor">is an auditor</MenuItem>
            <MenuItem value="operator">is an operator without groups</MenuItem>
            <MenuItem value="admin">is an admin</MenuItem>
          </TextField>
        )}
      />
      <SwitchField
        form={form}
        name="create_users"
        label="Make an account at the first sign-in"
        hint="Off: only people who have linked their account themselves can sign in this way."
      />
      <SwitchField
        form={form}
        name="accept_mfa"
        label="The provider's second factor counts"
        hint="Off: everybody also shows the second factor that they have here."
      />
      {form.watch('accept_mfa') && (
        <TextLine
          form={form}
          name="mfa_values"
          label="Values that mean a second factor"
          hint='Of the claims amr or acr, between spaces, such as "mfa".'
        />
      )}
    </>
  );
}
