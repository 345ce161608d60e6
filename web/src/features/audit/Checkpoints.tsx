import { problemOf } from '../../api/problem';
import { count, groups } from '../../lib/words';
import { CommandBlock } from '../../ui/Copy';
import { Box, Stack } from '../../ui/mui';
import { Facts, Mono, Panel } from '../../ui/Page';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useAuditKey, useCheckpoints } from './queries';

/** The newest signed tree head, and the key that everybody can check it with. */
export function Checkpoints() {
  const checkpoints = useCheckpoints();
  const key = useAuditKey();
  const problem = problemOf(checkpoints) ?? problemOf(key);
  const last = checkpoints.data?.items[0];
  return (
    <Stack sx={{ gap: 2 }}>
      <Panel title="Last checkpoint">
        {problem && <ErrorState {...problem} onRetry={problem.retry} />}
        {!checkpoints.data && !problem && <TextSkeleton lines={4} />}
        {checkpoints.data && !last && (
          <EmptyState title="None yet">One is signed within 10 s after an entry.</EmptyState>
        )}
        {last && (
          <Stack sx={{ gap: 1.5 }}>
            <Facts
              items={[
                ['Signs', `entries 1 to ${groups(last.size)}`],
                ['Signed', <Time at={last.at} />],
                ['Root', <Mono>{last.root_hash}</Mono>],
                ['Kept', count(checkpoints.data?.total ?? 0, 'checkpoint')],
              ]}
            />
            <CommandBlock label="Checkpoint" text={last.note.trim()} />
          </Stack>
        )}
      </Panel>
      <Panel title="Key">
        <Box sx={{ fontSize: 13, mb: 1.5 }}>
          Keep this key outside of the manager: with it an export is verified without server and
          network.
        </Box>
        {key.data ? (
          <Stack sx={{ gap: 1.5 }}>
            <CommandBlock label="Verifier key" text={key.data.verifier_key} />
            <CommandBlock
              label="Verify command"
              text={`patch-manager audit verify audit.jsonl --key '${key.data.verifier_key}'`}
            />
          </Stack>
        ) : (
          !problem && <TextSkeleton lines={2} />
        )}
      </Panel>
    </Stack>
  );
}
