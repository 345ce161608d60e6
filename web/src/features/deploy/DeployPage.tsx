import { useNavigate } from 'react-router';
import { messageOf, requestIdOf } from '../../api/errors';
import { paths } from '../../lib/paths';
import type { Status } from '../../lib/status';
import { useUrlState } from '../../lib/url';
import { Button, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { Stepper } from '../../ui/Stepper';
import { ErrorState } from '../../ui/states';
import { ChooseHosts } from './ChooseHosts';
import { ChosenHosts } from './ChosenHosts';
import { type Draft, draftFrom, incomplete } from './draft';
import { PlanView } from './PlanView';
import { useMakePlan } from './queries';
import { What } from './What';

const order = ['hosts', 'what', 'plan'] as const;
const names = { hosts: 'Hosts', what: 'What', plan: 'Plan and run' };

function statusOf(step: Draft['step'], current: Draft['step']): Status {
  const distance = order.indexOf(step) - order.indexOf(current);
  if (distance < 0) return { label: 'Done', tone: 'ok', shape: 'check' };
  if (distance === 0) return { label: 'Now', tone: 'running', shape: 'play' };
  return { label: 'Later', tone: 'neutral', shape: 'clock' };
}

/** What exactly will change where, can it be taken back, when does it start? */
export default function DeployPage() {
  const [get, set] = useUrlState();
  const navigate = useNavigate();
  const draft = draftFrom(get);
  const plan = useMakePlan((made) => set({ plan: made.id, step: 'plan' }, true));
  const missing = incomplete(draft);
  return (
    <>
      <PageHeader
        title="Deploy"
        subtitle="Choose hosts and patches, read the exact plan, then run it. Nothing changes before the last step."
      />
      <Stack sx={{ gap: 2 }}>
        <Stepper
          label="Steps"
          steps={order.map((key) => ({
            key,
            label: names[key],
            status: statusOf(key, draft.step),
            current: key === draft.step,
          }))}
        />
        {draft.step === 'hosts' && (
          <ChooseHosts
            chosen={draft.hosts}
            onChoose={(hosts) =>
              set({ hosts: hosts.join(','), all: undefined, step: 'what', plan: undefined }, true)
            }
          />
        )}
        {draft.step !== 'hosts' && (
          <ChosenHosts draft={draft} onChange={() => set({ step: 'hosts' }, true)} />
        )}
        {draft.step === 'what' && (
          <Panel title="What to install">
            <What draft={draft} set={set} />
            {plan.error && (
              <ErrorState message={messageOf(plan.error)} requestId={requestIdOf(plan.error)} />
            )}
            <Stack direction="row" sx={{ gap: 2, mt: 2, alignItems: 'center' }}>
              <Button
                variant="contained"
                size="medium"
                disabled={missing !== ''}
                loading={plan.isPending}
                onClick={() => plan.mutate(draft)}
              >
                Show the plan
              </Button>
              <span role="status">{missing}</span>
            </Stack>
          </Panel>
        )}
        {draft.step === 'plan' && (
          <PlanView
            draft={draft}
            onBack={() => set({ step: 'what' }, true)}
            onAllowRemovals={() => {
              set({ removals: '1' });
              plan.mutate({ ...draft, removals: true });
            }}
            onAgain={() => plan.mutate(draft)}
            replanning={plan.isPending}
            onStarted={(job) => navigate(paths.job(job))}
          />
        )}
      </Stack>
    </>
  );
}
