import { useEffect, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useSession } from '../../../api/session';
import type { Challenge } from '../../../api/types';
import { paths, withQuery } from '../../../lib/paths';
import { FactorStep } from './FactorStep';
import { challengeFrom } from './fromProvider';
import { PasswordStep } from './PasswordStep';
import { ssoErrorWords, whyWords } from './reasons';

export type Notice = { text: string; severity: 'error' | 'info' } | null;

/**
 * Asks who you are: a name and a password, then a second factor; or a passkey or a
 * provider alone. The application leads on from here once a session exists.
 *
 *   who --password is right--> factor --code or passkey is right--> (session)
 *    ^------- took too long, or begun again: the name stays --------'
 */
export default function SignInPage() {
  const { why } = useSession();
  const [search] = useSearchParams();
  const [name, setName] = useState('');
  const [challenge, setChallenge] = useChallenge();
  const [ended, setEnded] = useState('');
  const begin = (text = '') => {
    setEnded(text);
    setChallenge(null);
  };
  if (challenge)
    return (
      <FactorStep
        key={challenge.token}
        challenge={challenge}
        username={name}
        onBack={() => begin()}
        onEnded={begin}
      />
    );
  return (
    <PasswordStep
      username={name}
      notice={noticeOf(ended, search.get('error'), whyWords(why))}
      returnTo={search.get('return')}
      onChallenge={(username, next) => {
        setName(username);
        setChallenge(next);
      }}
    />
  );
}

/** The sign-in that waits for a second factor: of this page, or brought back from a provider. */
function useChallenge() {
  const { hash } = useLocation();
  const navigate = useNavigate();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  useEffect(() => {
    const brought = challengeFrom(hash);
    if (!brought) return;
    setChallenge(brought.challenge);
    // Out of the address and the history at once: it is worth half a sign-in.
    navigate(withQuery(paths.signIn, { return: brought.returnTo }), { replace: true });
  }, [hash, navigate]);
  return [challenge, setChallenge] as const;
}

/** The newest news first: what just happened here, then what a provider brought, then why one is here. */
function noticeOf(ended: string, ssoError: string | null, why: string): Notice {
  if (ended) return { text: ended, severity: 'error' };
  if (ssoError) return { text: ssoErrorWords(ssoError), severity: 'error' };
  return why ? { text: why, severity: 'info' } : null;
}
