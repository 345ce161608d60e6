import type { QueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { Navigate, Outlet, useLocation, useSearchParams } from 'react-router';
import { renewSession } from '../api/client';
import { messageOf, requestIdOf } from '../api/errors';
import { session, useSession } from '../api/session';
import { mustSetUp } from '../features/auth/setup/steps';
import { StepUpDialog } from '../features/auth/stepup/StepUpDialog';
import { paths, safeReturnPath, withQuery } from '../lib/paths';
import { Box } from '../ui/mui';
import { dropNotices } from '../ui/notify';
import { ErrorState, TextSkeleton } from '../ui/states';
import { retried } from './chunks';
import { Preferences } from './Preferences';

const SignInPage = lazy(retried(() => import('../features/auth/signin/SignInPage')));
const SetupPage = lazy(retried(() => import('../features/auth/setup/SetupPage')));

const Waiting = () => (
  <Box sx={{ p: 4, maxWidth: 480, mx: 'auto' }}>
    <TextSkeleton label="Loading Patch Manager" />
  </Box>
);

/** Finds out who is there before anything is shown, and follows the other tabs. */
export function Gate({ client }: { client: QueryClient }) {
  const { status } = useSession();
  const [error, setError] = useState<unknown>(null);
  const begin = useCallback(() => {
    setError(null);
    renewSession().catch(setError);
  }, []);
  useEffect(() => {
    if (session.get().status === 'starting') begin();
    return session.onOtherTab((message) => {
      if (message === 'signed_out') session.end('other_tab');
      else if (session.get().status === 'signed_out') begin();
    });
  }, [begin]);
  useEffect(() => {
    // Nothing of one user may be left for the next.
    if (status !== 'signed_out') return;
    client.clear();
    dropNotices();
  }, [status, client]);
  if (status === 'starting') {
    if (!error) return <Waiting />;
    return (
      <Box sx={{ p: 4, maxWidth: 640, mx: 'auto' }}>
        <ErrorState message={messageOf(error)} requestId={requestIdOf(error)} onRetry={begin} />
      </Box>
    );
  }
  return (
    <Suspense fallback={<Waiting />}>
      <Preferences />
      <Outlet />
      {status === 'signed_in' && <StepUpDialog />}
    </Suspense>
  );
}

/** The page that is asked for while nobody is signed in is remembered as the way back. */
export function SignInRoute() {
  const { status } = useSession();
  const [search] = useSearchParams();
  if (status !== 'signed_in') return <SignInPage />;
  return <Navigate to={safeReturnPath(search.get('return'))} replace />;
}

export function ToSignIn() {
  const { pathname, search } = useLocation();
  const wanted = pathname + search;
  return (
    <Navigate
      to={withQuery(paths.signIn, { return: wanted === paths.dashboard ? undefined : wanted })}
      replace
    />
  );
}

/** Stands before every page of the application: signed in, with an own password and a second factor. */
export function RequireUser({ children }: { children: React.ReactNode }) {
  const { status, user } = useSession();
  const must = status === 'signed_in' && mustSetUp(user);
  const [settingUp, setSettingUp] = useState(must);
  // What is left to do is done before the last step has been read: the person says when to go on.
  if (must && !settingUp) setSettingUp(true);
  if (status !== 'signed_in') return <ToSignIn />;
  if (settingUp) return <SetupPage onDone={() => setSettingUp(false)} />;
  return children;
}
