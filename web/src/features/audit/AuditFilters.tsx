import { Choice } from '../../ui/Choice';
import { Box, Button, Chip, Stack, TextField } from '../../ui/mui';
import { SearchField } from '../../ui/SearchField';
import { useAuditFacets } from './queries';
import { actionWords, actorKind, subjectOf } from './words';

type Props = {
  get: (name: string) => string;
  set: (values: Record<string, string | undefined>) => void;
  total: string;
  onClear?: () => void;
};

/** Whole subjects first ("user.", all that begins so), then each action with how often it happened. */
function actionOptions(actions: { value: string; count: number }[]): [string, string][] {
  const subjects = [...new Set(actions.map((a) => subjectOf(a.value)))].sort();
  return [
    ...subjects.map((s): [string, string] => [s, `All of ${s.slice(0, -1).replaceAll('_', ' ')}`]),
    ...actions.map((a): [string, string] => [a.value, `${actionWords(a.value)} (${a.count})`]),
  ];
}

/** Search, action, actor, target, address and times; all of them are part of the address. */
export function AuditFilters({ get, set, total, onClear }: Props) {
  const facets = useAuditFacets().data;
  return (
    <Stack direction="row" sx={{ p: 1.5, gap: 1, flexWrap: 'wrap', alignItems: 'center' }}>
      <SearchField
        label="Search entries"
        value={get('q')}
        onChange={(q) => set({ q })}
        width={190}
      />
      <Choice
        label="What"
        value={get('action')}
        onChange={(action) => set({ action })}
        options={actionOptions(facets?.actions ?? [])}
        width={170}
      />
      <Choice
        label="Who"
        value={get('actor_id') || (get('actor_kind') && `kind:${get('actor_kind')}`)}
        onChange={(value) =>
          set(
            value.startsWith('kind:')
              ? { actor_kind: value.slice(5), actor_id: undefined }
              : { actor_id: value, actor_kind: undefined },
          )
        }
        options={[
          ...['user', 'agent', 'system', 'anonymous'].map((kind): [string, string] => [
            `kind:${kind}`,
            actorKind(kind),
          ]),
          ...(facets?.actors ?? [])
            .filter((a) => a.id)
            .map((a): [string, string] => [a.id, `${a.name || a.id} (${a.count})`]),
        ]}
        width={140}
      />
      <Choice
        label="To what"
        value={get('target_kind')}
        onChange={(target_kind) => set({ target_kind })}
        options={targets}
        width={130}
      />
      <SearchField
        label="Address"
        value={get('address')}
        onChange={(address) => set({ address })}
        width={150}
      />
      <Moment label="From" value={get('from')} onChange={(from) => set({ from })} />
      <Moment label="Before" value={get('to')} onChange={(to) => set({ to })} />
      {get('target_id') && (
        <Chip
          size="small"
          label={`One target: ${get('target_id')}`}
          onDelete={() => set({ target_id: undefined })}
        />
      )}
      <Box role="status" sx={{ ml: 'auto', fontSize: 13, color: 'text.secondary' }}>
        {total}
      </Box>
      {onClear && <Button onClick={onClear}>Clear</Button>}
    </Stack>
  );
}

const targets: [string, string][] = [
  ['user', 'User'],
  ['session', 'Session'],
  ['api_token', 'API token'],
  ['group', 'Group'],
  ['host', 'Host'],
  ['job', 'Job'],
  ['plan', 'Plan'],
  ['enrollment', 'Enrollment'],
  ['enrollment_token', 'Enrollment token'],
  ['certificate', 'Certificate'],
  ['settings', 'Settings'],
  ['sso_provider', 'Sign-on provider'],
  ['audit', 'Audit trail'],
];

/** A moment in the viewer's zone. */
function Moment(props: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <TextField
      type="datetime-local"
      label={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
      sx={{ width: 190, '& .MuiInputBase-root': { height: 34, fontSize: 13 } }}
      slotProps={{ inputLabel: { shrink: true } }}
    />
  );
}
