import { problemOf } from '../../api/problem';
import { CommandBlock, CopyButton } from '../../ui/Copy';
import { DownloadIcon } from '../../ui/icons';
import { Button, Stack } from '../../ui/mui';
import { Facts, Mono, Panel } from '../../ui/Page';
import { ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { enrollCommand } from './command';
import { useCA } from './queries';

/** The certificate authority that agents check the manager against. */
export function Authority() {
  const ca = useCA();
  const problem = problemOf(ca);
  return (
    <Panel title="Certificate authority">
      {problem && <ErrorState {...problem} onRetry={problem.retry} />}
      {!problem && !ca.data && <TextSkeleton lines={5} />}
      {ca.data && (
        <Stack sx={{ gap: 2 }}>
          <Facts
            items={[
              [
                'Fingerprint',
                <>
                  <Mono>{ca.data.fingerprint}</Mono>{' '}
                  <CopyButton text={ca.data.fingerprint} label="Copy fingerprint" />
                </>,
              ],
              ['Subject', ca.data.subject],
              ['Valid until', <Time at={ca.data.not_after} />],
            ]}
          />
          <CommandBlock label="Enroll command" text={enrollCommand(ca.data)} />
          <Button
            variant="outlined"
            startIcon={<DownloadIcon />}
            href="/api/v1/ca/root.crt"
            download="patch-manager-root.crt"
          >
            Root certificate
          </Button>
        </Stack>
      )}
    </Panel>
  );
}
