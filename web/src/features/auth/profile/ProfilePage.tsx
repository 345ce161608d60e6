import { Navigate, useParams } from 'react-router';
import { useSession } from '../../../api/session';
import type { User } from '../../../api/types';
import { paths } from '../../../lib/paths';
import { plain } from '../../../lib/words';
import { LinkTabs } from '../../../ui/LinkTabs';
import { Box } from '../../../ui/mui';
import { PageHeader } from '../../../ui/Page';
import { AccountTab } from './AccountTab';
import { FactorsTab } from './FactorsTab';
import { PasswordTab } from './PasswordTab';
import { SessionsTab } from './SessionsTab';
import { SignOnsTab } from './SignOnsTab';
import { TokensTab } from './TokensTab';

type Tab = { id: string; label: string; page: () => React.ReactNode };

const tabsOf = (user: User): Tab[] => [
  { id: '', label: 'Account', page: () => <AccountTab key={user.id} user={user} /> },
  ...(user.local ? [{ id: 'password', label: 'Password', page: () => <PasswordTab /> }] : []),
  { id: 'factors', label: 'Second factors', page: () => <FactorsTab user={user} /> },
  { id: 'sessions', label: 'Sessions', page: () => <SessionsTab /> },
  { id: 'tokens', label: 'API tokens', page: () => <TokensTab user={user} /> },
  { id: 'sign-on', label: 'Single sign-on', page: () => <SignOnsTab user={user} /> },
];

/** Everything that is one's own: who one is, how one proves it, where one is signed in. */
export default function ProfilePage() {
  const { user } = useSession();
  const { tab = '' } = useParams();
  if (!user) return null;
  const tabs = tabsOf(user);
  const shown = tabs.find((each) => each.id === tab);
  if (!shown) return <Navigate to={paths.profile()} replace />;
  return (
    <>
      <PageHeader
        title="Profile"
        subtitle={`${user.username} · ${plain(user.role)}${user.email ? ` · ${user.email}` : ''}`}
      />
      <LinkTabs
        label="Parts of your profile"
        selected={tab}
        tabs={tabs.map(({ id, label }) => ({ id, label, to: paths.profile(id) }))}
      />
      <Box sx={{ display: 'grid', gap: 2 }}>{shown.page()}</Box>
    </>
  );
}
