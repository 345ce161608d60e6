import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../../api/client';
import { messageOf } from '../../../api/errors';
import { session, useSession } from '../../../api/session';
import type { User } from '../../../api/types';
import { Button, Stack, Typography } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Stepper } from '../../../ui/Stepper';
import { AuthCard } from '../AuthCard';
import { PasswordForm } from '../PasswordForm';
import { RecoveryCodes } from '../RecoveryCodes';
import { ChooseFactor } from './ChooseFactor';
import { type SetupStep, stepOf, stepsFor } from './steps';

const words: Record<SetupStep, { title: string; hint: string }> = {
  password: {
    title: 'Choose a new password',
    hint: 'The first password works once. Nothing else is open to you until you have your own.',
  },
  factor: {
    title: 'Set up a second factor',
    hint: 'A password alone can be stolen. From now on you show something else as well when you sign in.',
  },
  codes: {
    title: 'Keep your recovery codes',
    hint: 'Each of them signs you in once when your phone or key is lost.',
  },
  done: { title: 'You are ready', hint: 'Your account is protected.' },
};

/** What a new user does before the application opens: a password, a second factor, recovery codes. */
export default function SetupPage(props: { onDone: () => void }) {
  const { user } = useSession();
  if (!user) return null;
  return <Wizard user={user} onDone={props.onDone} />;
}

function Wizard({ user, onDone }: { user: User; onDone: () => void }) {
  const [codes, setCodes] = useState<string[] | null>(null);
  // Only a password was wanted of somebody who has a second factor: there is no way to show.
  const [short] = useState(!user.must_set_up_mfa);
  const at = stepOf(user, codes);
  return (
    <AuthCard
      {...words[at]}
      wide={!short}
      above={!short && <Stepper steps={stepsFor(user, at)} label="Steps to set up your account" />}
      below={at !== 'done' && at !== 'codes' && <SignOut />}
    >
      {at === 'password' && (
        <PasswordForm
          currentLabel="Current password"
          autoFocus
          onDone={() => {
            notify('Password changed. All other sessions of this account have ended.', 'success');
            if (short) onDone();
          }}
        />
      )}
      {at === 'factor' && <ChooseFactor onCodes={setCodes} />}
      {at === 'codes' && codes && (
        <RecoveryCodes
          codes={codes}
          username={user.username}
          done="Continue"
          onDone={() => setCodes(null)}
        />
      )}
      {at === 'done' && <Ready user={user} onDone={onDone} />}
    </AuthCard>
  );
}

function Ready({ user, onDone }: { user: User; onDone: () => void }) {
  return (
    <Stack sx={{ gap: 2, alignItems: 'flex-start' }}>
      <Typography>
        Signed in as <strong>{user.display_name || user.username}</strong>. More factors, your
        sessions and API tokens are in your profile, behind your name at the upper right.
      </Typography>
      <Button variant="contained" size="medium" autoFocus onClick={onDone}>
        Open Patch Manager
      </Button>
    </Stack>
  );
}

function SignOut() {
  const logout = useMutation({
    mutationFn: () => call('logout', {}),
    onSuccess: () => session.leave(),
    onError: (error) => notify(`Still signed in: ${messageOf(error)}`, 'error'),
  });
  return (
    <Button
      loading={logout.isPending}
      onClick={() => logout.mutate()}
      sx={{ alignSelf: 'flex-start', ml: -0.75 }}
    >
      Sign out and go on later
    </Button>
  );
}
