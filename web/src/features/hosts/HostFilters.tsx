import type { ReactNode } from 'react';
import type { Facets } from '../../api/types';
import { hostStateOrder, hostStatus } from '../../lib/status';
import { Choice } from '../../ui/Choice';
import { Stack, ToggleButton, ToggleButtonGroup } from '../../ui/mui';
import { SearchField } from '../../ui/SearchField';
import { StatusMark } from '../../ui/StatusPill';
import { counted } from './facetOptions';

type Props = {
  facets: Facets | undefined;
  get: (name: string) => string;
  set: (values: Record<string, string | undefined>) => void;
  end: ReactNode;
};

/** Search, states with their counts, system, patches and reboot. */
export function HostFilters({ facets, get, set, end }: Props) {
  const states = get('state') ? get('state').split(',') : [];
  return (
    <Stack direction="row" sx={{ p: 1.5, gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
      <SearchField
        label="Search name or address"
        value={get('q')}
        onChange={(q) => set({ q })}
        width={124}
      />
      <ToggleButtonGroup
        size="small"
        aria-label="State"
        sx={{ flexWrap: 'wrap' }}
        value={states}
        onChange={(_, next: string[]) => set({ state: next.join(',') })}
      >
        {hostStateOrder.map((state) => (
          <ToggleButton
            key={state}
            value={state}
            sx={{
              height: 34,
              gap: 0.5,
              px: 0.875,
              fontSize: 12,
              textTransform: 'none',
              color: 'text.primary',
            }}
          >
            <StatusMark status={hostStatus(state)} />
            {hostStatus(state).label}
            <span className="num">{facets?.states[state] ?? 0}</span>
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Choice
        label="System"
        value={get('os')}
        onChange={(os) => set({ os })}
        options={(facets?.os ?? []).flatMap((o) =>
          o.value ? [[o.value, `${o.value} (${o.count})`]] : [],
        )}
        width={84}
      />
      <Choice
        label="Group"
        value={get('group_id')}
        onChange={(group_id) => set({ group_id })}
        options={[
          ...(facets?.groups ?? []).map((g): [string, string] => [g.id, `${g.name} (${g.count})`]),
          ['none', `In no group (${facets?.no_group ?? 0})`],
        ]}
        width={84}
      />
      <Choice
        label="Patches"
        value={get('pending')}
        onChange={(pending) => set({ pending })}
        width={98}
        options={counted(facets?.pending, {
          any: 'Pending',
          security: 'Security',
          none: 'None',
          unknown: 'Not known',
        })}
      />
      <Choice
        label="Reboot"
        value={get('reboot')}
        onChange={(reboot) => set({ reboot })}
        width={84}
        options={counted(facets?.reboot, {
          true: 'Needed',
          false: 'Not needed',
          unknown: 'Not known',
        })}
      />
      <Stack direction="row" sx={{ ml: 'auto' }}>
        {end}
      </Stack>
    </Stack>
  );
}
