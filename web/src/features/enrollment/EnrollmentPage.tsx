import { problemOf } from '../../api/problem';
import { useMay, useWhyNot } from '../../api/session';
import { paths, withQuery } from '../../lib/paths';
import { useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { LinkButton } from '../../ui/LinkButton';
import { LinkTabs } from '../../ui/LinkTabs';
import { Box, Button, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { Refusable } from '../../ui/Refusable';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { AddHost } from './AddHost';
import { Authority } from './Authority';
import { Decided } from './Decided';
import { useEnrollments } from './queries';
import { Request } from './Request';
import { Tokens } from './Tokens';

/** Which machines ask to join, can they be believed, and how do more come? */
export default function EnrollmentPage() {
  const [get, set] = useUrlState();
  const why = useWhyNot('hosts.manage');
  const pending = useEnrollments('pending');
  const view = ['decided', 'tokens'].includes(get('view')) ? get('view') : 'pending';
  return (
    <>
      <PageHeader
        title="Enrollment"
        subtitle="A machine joins when its request is approved here, or by a token that approves it."
        actions={
          <Refusable why={why}>
            <Button
              variant="contained"
              disabled={why !== ''}
              onClick={() => set({ add: '1' }, true)}
            >
              Add host
            </Button>
          </Refusable>
        }
      />
      <LinkTabs
        label="Enrollment"
        selected={view}
        tabs={[
          {
            id: 'pending',
            label: 'Waiting for approval',
            to: paths.enrollment,
            count: pending.data?.total,
          },
          { id: 'tokens', label: 'Tokens', to: withQuery(paths.enrollment, { view: 'tokens' }) },
          { id: 'decided', label: 'Decided', to: withQuery(paths.enrollment, { view: 'decided' }) },
        ]}
      />
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(0, 1fr) 380px' },
          alignItems: 'start',
        }}
      >
        <Box>
          {view === 'pending' && <Pending query={pending} />}
          {view === 'tokens' && <Tokens />}
          {view === 'decided' && <Decided />}
        </Box>
        <Authority />
      </Box>
      {get('add') === '1' && !why && <AddHost onClose={() => set({ add: undefined })} />}
    </>
  );
}

function Pending({ query }: { query: ReturnType<typeof useEnrollments> }) {
  const mayAdd = useMay('hosts.manage');
  const problem = problemOf(query);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!query.data)
    return (
      <Panel>
        <TextSkeleton lines={6} />
      </Panel>
    );
  if (query.data.items.length === 0) {
    return (
      <Panel>
        <EmptyState
          title="Nobody waits"
          action={
            mayAdd && (
              <LinkButton variant="outlined" to={paths.addHost}>
                Add a host
              </LinkButton>
            )
          }
        >
          Requests appear here by themselves, a few seconds after an agent was told to enroll.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Stack
      component="section"
      aria-label={`${count(query.data.total, 'request')} waiting`}
      sx={{ gap: 2 }}
    >
      {query.data.items.map((request) => (
        <Request key={request.id} request={request} />
      ))}
    </Stack>
  );
}
