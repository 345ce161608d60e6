import { useNavigate, useParams } from 'react-router';
import { isNotFound } from '../../api/errors';
import { groupNames, useAllGroups } from '../../api/groups';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { UserRow } from '../../api/types';
import { can } from '../../lib/can';
import { paths, withQuery } from '../../lib/paths';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Alert, Box, Stack } from '../../ui/mui';
import { Facts, Mono, PageHeader, Panel } from '../../ui/Page';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useUser } from './queries';
import { UserActions } from './UserActions';
import { UserSessions } from './UserSessions';
import { UserTokens } from './UserTokens';
import { factorWords, roleName, userStatus } from './words';

/** Who is this, what may they, how do they prove it, and where are they signed in? */
export default function UserPage() {
  const { id = '' } = useParams();
  const user = useUser(id);
  if (user.error && isNotFound(user.error)) return <Gone />;
  const problem = problemOf(user);
  if (!user.data)
    return (
      <>
        <PageHeader title="User" />
        {problem ? (
          <ErrorState {...problem} onRetry={problem.retry} />
        ) : (
          <Panel>
            <TextSkeleton lines={10} />
          </Panel>
        )}
      </>
    );
  return <UserView user={user.data} />;
}

const Gone = () => (
  <Panel>
    <EmptyState
      title="No such user"
      action={
        <LinkButton to={paths.users} variant="outlined">
          All users
        </LinkButton>
      }
    >
      The account was deleted, or it never existed. Its acts stay in the audit trail.
    </EmptyState>
  </Panel>
);

function UserView({ user }: { user: UserRow }) {
  const navigate = useNavigate();
  const me = useSession().user;
  return (
    <>
      <PageHeader
        title={user.username}
        aside={<StatusPill status={userStatus(user.status)} />}
        subtitle={
          <>
            {user.display_name && `${user.display_name} · `}
            {roleName(user.role)} · last sign-in <Time at={user.last_sign_in_at} />
          </>
        }
        actions={
          can(me, 'users.manage') && (
            <UserActions user={user} onDeleted={() => navigate(paths.users)} />
          )
        }
      />
      {user.locked_until && (
        <Alert severity="warning" variant="outlined" sx={{ mb: 2 }}>
          Too many wrong attempts: the account is locked. The lock ends{' '}
          <Time at={user.locked_until} />; browsers that are known can sign in before that.
        </Alert>
      )}
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1fr) minmax(0, 1fr)' },
          alignItems: 'start',
          mb: 2,
        }}
      >
        <Panel title="Account">
          <Facts items={accountFacts(user)} />
        </Panel>
        <Access user={user} />
      </Box>
      <Stack sx={{ gap: 2 }}>
        <UserSessions user={user} />
        <UserTokens user={user} />
      </Stack>
    </>
  );
}

function accountFacts(user: UserRow): [string, React.ReactNode][] {
  return [
    ['Name', user.display_name || 'not given'],
    ['E-mail', user.email || 'not given'],
    ['Made', <Time at={user.created_at} />],
    ['Password', user.local ? 'has one' : 'none: signs in through a provider'],
    ['Second factors', factorWords(user)],
    [
      'Single sign-on',
      user.providers.length === 0
        ? 'not linked'
        : user.providers.map((link) => (
            <div key={link.provider_id}>
              {link.name} as <Mono>{link.subject}</Mono>
            </div>
          )),
    ],
    ['Acts', <Link to={withQuery(paths.audit, { actor_id: user.id })}>In the audit trail</Link>],
  ];
}

/** The groups as links to their pages, and what the role makes of them. */
function Access({ user }: { user: UserRow }) {
  const groups = useAllGroups().data?.items;
  const names = groupNames(user.group_ids, groups);
  return (
    <Panel title="May see and change">
      <Box sx={{ fontSize: 13 }}>
        {user.role === 'admin' && 'All hosts and all settings.'}
        {user.role === 'auditor' && 'Sees all hosts and the audit trail, changes nothing.'}
        {user.role === 'operator' &&
          (names.length > 0
            ? 'The hosts of these groups, and no others:'
            : 'No host: an operator needs a group. Edit the user to add one.')}
        {user.role !== 'operator' && names.length > 0 && (
          <Box sx={{ mt: 1, color: 'text.secondary' }}>
            Groups that would count for an operator:
          </Box>
        )}
        {names.length > 0 && (
          <Box component="ul" sx={{ m: 0, mt: 1, pl: 2.5, '& li': { py: 0.375 } }}>
            {user.group_ids.map((id, i) => (
              <li key={id}>
                <Link to={paths.group(id)}>{names[i]}</Link>
              </li>
            ))}
          </Box>
        )}
      </Box>
    </Panel>
  );
}
