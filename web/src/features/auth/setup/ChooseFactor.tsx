import { useState } from 'react';
import { messageOf } from '../../../api/errors';
import { hasPasskeys } from '../../../api/passkeys';
import { Stack, ToggleButton, ToggleButtonGroup } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { useFactorsChanged } from '../factor';
import { PasskeySetup } from '../PasskeySetup';
import { TotpSetup } from '../TotpSetup';

type Kind = 'totp' | 'passkey';

/** An authenticator app or a passkey; the other one can be added in the profile. */
export function ChooseFactor(props: { onCodes: (codes: string[] | null) => void }) {
  const [kind, setKind] = useState<Kind>('totp');
  const changed = useFactorsChanged();
  const done = (answer: { recovery_codes: string[] | null }) => {
    // First the codes, then the news that the factor is there: the step after this one needs both.
    props.onCodes(answer.recovery_codes);
    changed().catch((error) => notify(messageOf(error), 'error'));
  };
  return (
    <Stack sx={{ gap: 2.5 }}>
      {hasPasskeys() && (
        <ToggleButtonGroup
          exclusive
          size="small"
          value={kind}
          onChange={(_, next: Kind | null) => next && setKind(next)}
          aria-label="Kind of second factor"
        >
          <ToggleButton value="totp">Authenticator app</ToggleButton>
          <ToggleButton value="passkey">Passkey</ToggleButton>
        </ToggleButtonGroup>
      )}
      {kind === 'totp' ? <TotpSetup onDone={done} /> : <PasskeySetup onDone={done} />}
    </Stack>
  );
}
