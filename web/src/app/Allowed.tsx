import { useSession } from '../api/session';
import { type Permission, whyNot } from '../lib/can';
import { paths } from '../lib/paths';
import { LinkButton } from '../ui/LinkButton';
import { PageHeader, Panel } from '../ui/Page';
import { EmptyState } from '../ui/states';

/** A page for some roles only: a shared link still says why it does not open. */
export function Allowed(props: { needs: Permission; children: React.ReactNode }) {
  const { user } = useSession();
  const why = whyNot(user, props.needs);
  if (!why) return props.children;
  return (
    <>
      <PageHeader title="Not for your role" />
      <Panel>
        <EmptyState
          title={why}
          action={
            <LinkButton to={paths.dashboard} variant="outlined">
              Dashboard
            </LinkButton>
          }
        >
          You are signed in as {user?.username}, {user?.role}. Ask an administrator if you need this
          page.
        </EmptyState>
      </Panel>
    </>
  );
}
