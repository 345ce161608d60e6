import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { paths } from '../../../lib/paths';
import { LinkButton } from '../../../ui/LinkButton';
import { Alert } from '../../../ui/mui';
import { AuthCard } from '../AuthCard';
import { ssoErrorWords } from '../signin/reasons';
import { sayFromPopup } from './popup';

/** Where a provider's pop-up ends: it tells the page behind it, and closes. */
export default function SsoDonePage() {
  const [search] = useSearchParams();
  const code = search.get('sso_error');
  useEffect(() => {
    sayFromPopup(code ? { kind: 'failed', code } : { kind: 'done' });
    if (!code) window.close();
  }, [code]);
  return (
    <AuthCard title={code ? 'Not confirmed' : 'Confirmed'}>
      <Alert severity={code ? 'error' : 'success'} variant="outlined">
        {code ? ssoErrorWords(code) : 'You can close this window and go on in the other one.'}
      </Alert>
      {code && <LinkButton to={paths.profile('sign-on')}>Profile</LinkButton>}
    </AuthCard>
  );
}
