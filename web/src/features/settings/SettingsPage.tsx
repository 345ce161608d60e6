import { useParams } from 'react-router';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Settings } from '../../api/types';
import { can } from '../../lib/can';
import { paths } from '../../lib/paths';
import { LinkTabs } from '../../ui/LinkTabs';
import { PageHeader, Panel } from '../../ui/Page';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { AccessSection } from './AccessSection';
import { AuditSection } from './AuditSection';
import { useSettings } from './queries';
import { SecuritySection } from './SecuritySection';
import { SsoSection } from './SsoSection';

const sections = [
  { id: 'security', label: 'Security' },
  { id: 'access', label: 'Access' },
  { id: 'sso', label: 'Single sign-on' },
  { id: 'audit', label: 'Audit' },
];

/** What is configured, and does it work? */
export default function SettingsPage() {
  const { section = 'security' } = useParams();
  const settings = useSettings();
  const mayChange = can(useSession().user, 'settings.manage');
  const problem = problemOf(settings);
  const shown = sections.find((s) => s.id === section)?.id ?? 'security';
  return (
    <>
      <PageHeader
        title="Settings"
        subtitle="In force within 2 seconds on every process of the manager, without a restart."
      />
      <LinkTabs
        label="Sections"
        selected={shown}
        tabs={sections.map((s) => ({ ...s, to: paths.settings(s.id) }))}
      />
      {shown === 'sso' ? (
        <SsoSection mayChange={mayChange} />
      ) : problem ? (
        <ErrorState {...problem} onRetry={problem.retry} />
      ) : settings.data ? (
        <Section name={shown} all={settings.data} mayChange={mayChange} />
      ) : (
        <Panel>
          <TextSkeleton lines={8} />
        </Panel>
      )}
    </>
  );
}

function Section(props: { name: string; all: Settings; mayChange: boolean }) {
  const { all, mayChange } = props;
  if (props.name === 'access') return <AccessSection stored={all.access} mayChange={mayChange} />;
  if (props.name === 'audit') return <AuditSection stored={all.audit} mayChange={mayChange} />;
  return <SecuritySection stored={all.security} mayChange={mayChange} />;
}
