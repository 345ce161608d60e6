import { useState } from 'react';
import { problemOf } from '../../../api/problem';
import type { MFA, User } from '../../../api/types';
import { Box, Dialog, DialogContent, DialogTitle } from '../../../ui/mui';
import { Panel } from '../../../ui/Page';
import { ErrorState, TextSkeleton } from '../../../ui/states';
import { useMfa } from '../queries';
import { RecoveryCodes } from '../RecoveryCodes';
import { CodesPanel } from './CodesPanel';
import { PasskeysPanel } from './PasskeysPanel';
import { TotpPanel } from './TotpPanel';

/** How one proves who one is, beside the password. */
export function FactorsTab({ user }: { user: User }) {
  const mfa = useMfa();
  const [codes, setCodes] = useState<string[] | null>(null);
  const problem = problemOf(mfa);
  if (problem)
    return (
      <ErrorState message={problem.message} requestId={problem.requestId} onRetry={problem.retry} />
    );
  if (!mfa.data)
    return (
      <Panel>
        <TextSkeleton lines={6} label="Loading your second factors" />
      </Panel>
    );
  return (
    <Box sx={{ display: 'grid', gap: 2, maxWidth: 880 }}>
      <TotpPanel mfa={mfa.data} only={isOnly(mfa.data, 'totp')} onCodes={setCodes} />
      <PasskeysPanel mfa={mfa.data} only={isOnly(mfa.data, 'passkey')} onCodes={setCodes} />
      <CodesPanel left={mfa.data.recovery_codes_left} onCodes={setCodes} />
      <Dialog open={codes !== null} maxWidth="sm" fullWidth aria-labelledby="recovery-codes">
        {codes && (
          <>
            <DialogTitle id="recovery-codes">Keep your recovery codes</DialogTitle>
            <DialogContent>
              <RecoveryCodes
                codes={codes}
                username={user.username}
                done="Done"
                onDone={() => setCodes(null)}
              />
            </DialogContent>
          </>
        )}
      </Dialog>
    </Box>
  );
}

/** Whether taking the last one of a kind away would leave nothing. */
function isOnly(mfa: MFA, kind: 'totp' | 'passkey'): boolean {
  return kind === 'totp' ? mfa.passkeys.length === 0 : !mfa.totp && mfa.passkeys.length === 1;
}
