import { useLocation } from 'react-router';
import { paths } from '../lib/paths';
import { LinkButton } from '../ui/LinkButton';
import { Mono, PageHeader, Panel } from '../ui/Page';
import { EmptyState } from '../ui/states';

export default function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <>
      <PageHeader title="Not found" />
      <Panel>
        <EmptyState
          title="There is no such page"
          action={
            <LinkButton to={paths.dashboard} variant="outlined">
              Dashboard
            </LinkButton>
          }
        >
          <Mono>{pathname}</Mono> leads nowhere. Press / to search hosts, jobs and pages.
        </EmptyState>
      </Panel>
    </>
  );
}
