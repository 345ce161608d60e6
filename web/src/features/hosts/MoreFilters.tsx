import type { Facets } from '../../api/types';
import { severityOrder, severityStatus } from '../../lib/status';
import { Choice } from '../../ui/Choice';
import { Box, Stack } from '../../ui/mui';
import { type Pick, PickMany } from '../../ui/PickMany';
import { counted, countedPicks, labelPicks } from './facetOptions';

type Props = {
  facets: Facets | undefined;
  get: (name: string) => string;
  set: (values: Record<string, string | undefined>) => void;
};

const severityWords = Object.fromEntries(severityOrder.map((s) => [s, severityStatus(s).label]));
const complianceWords = {
  compliant: 'Compliant',
  not_compliant: 'Not compliant',
  unknown: 'Not known',
};
const factWords = { fresh: 'Within a day', stale: 'Longer ago', never: 'Never' };
const enrolledWords = { true: 'Enrolled', false: 'Not yet' };

/** What hosts can be chosen by beyond the bar; each choice says how many hosts it leaves. */
export function MoreFilters({ facets, get, set }: Props) {
  const many = (name: string, label: string, options: Pick[]) => (
    <PickMany
      label={label}
      options={options}
      value={get(name).split(',').filter(Boolean)}
      onChange={(values) => set({ [name]: values.join(',') })}
    />
  );
  const one = (name: string, label: string, options: [string, string][]) => (
    <Choice
      label={label}
      value={get(name)}
      onChange={(value) => set({ [name]: value })}
      options={options}
      width={128}
    />
  );
  const versions = (facets?.agent_versions ?? []).filter((v) => v.value);
  return (
    <Stack component="section" aria-label="More filters" sx={{ px: 1.5, pb: 1.5, gap: 1.5 }}>
      <Box
        sx={{
          display: 'grid',
          gap: 1.5,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: '1fr 1fr', lg: '2fr 1fr 1fr 1fr' },
        }}
      >
        {many('label', 'Labels', labelPicks(facets))}
        {many('severity', 'Misses updates of', countedPicks(facets?.severity, severityWords))}
        {many('compliance', 'Compliance', countedPicks(facets?.compliance, complianceWords))}
        {many(
          'agent_version',
          'Version of the agent',
          versions.map((v) => ({ id: v.value, name: `${v.value} (${v.count})` })),
        )}
      </Box>
      <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap' }}>
        {one('facts', 'Patches read', counted(facets?.facts, factWords))}
        {one('unseen_hours', 'Not seen for', [
          ['1', '1 hour'],
          ['24', '1 day'],
          ['168', '1 week'],
          ['720', '30 days'],
        ])}
        {one('certificate_days', 'Certificate ends', [
          ['7', 'Within 7 days'],
          ['30', 'Within 30 days'],
          ['90', 'Within 90 days'],
        ])}
        {one('enrolled', 'Agent', counted(facets?.enrolled, enrolledWords))}
      </Stack>
    </Stack>
  );
}
