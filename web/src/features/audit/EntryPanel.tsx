import { messageOf, requestIdOf } from '../../api/errors';
import type { AuditEntry } from '../../api/types';
import { exactInZones } from '../../lib/dates';
import { paths, withQuery } from '../../lib/paths';
import { CopyButton } from '../../ui/Copy';
import { Link } from '../../ui/Link';
import { Box, Button, Stack, Typography } from '../../ui/mui';
import { Facts, Mono } from '../../ui/Page';
import { SidePanel } from '../../ui/SidePanel';
import { ErrorState } from '../../ui/states';
import { Target } from './columns';
import { Proof } from './Proof';
import { useProof } from './queries';
import { actionWords, actorKind, actorName, flatten } from './words';

/** Everything that one entry says, its place in the chain, and the proof that it is there. */
export function EntryPanel({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const details = flatten(entry.details);
  return (
    <SidePanel title={actionWords(entry.action)} width={600} onClose={onClose}>
      <Stack sx={{ gap: 2.5 }}>
        <Facts items={factsOf(entry)} />
        <Box>
          <Heading>Details</Heading>
          {details.length > 0 ? (
            <Facts items={details.map(([name, value]) => [name, <Mono>{value}</Mono>])} />
          ) : (
            <Box sx={{ fontSize: 13 }}>This act has no details.</Box>
          )}
        </Box>
        <Box>
          <Heading>Place in the chain</Heading>
          <Facts
            items={[
              ['Entry', entry.id],
              ['Hash', <Hash text={entry.row_hash} name="hash of this entry" />],
              ['Hash before', <Hash text={entry.prev_hash} name="hash of the entry before" />],
            ]}
          />
        </Box>
        <Inclusion entry={entry} />
      </Stack>
    </SidePanel>
  );
}

const Heading = (props: { children: string }) => (
  <Typography variant="h2" component="h3" sx={{ mb: 1 }}>
    {props.children}
  </Typography>
);

function Hash(props: { text: string; name: string }) {
  return (
    <>
      <Mono>{props.text}</Mono> <CopyButton text={props.text} label={`Copy ${props.name}`} />
    </>
  );
}

function factsOf(entry: AuditEntry): [string, React.ReactNode][] {
  const { actor, target } = entry;
  return [
    ['When', <span style={{ whiteSpace: 'pre-line' }}>{exactInZones(new Date(entry.at))}</span>],
    [
      'Who',
      <>
        {actorName(actor)} ({actorKind(actor.kind).toLowerCase()}){' '}
        {actor.id && (
          <Link to={withQuery(paths.audit, { actor_id: actor.id })}>all of their acts</Link>
        )}
      </>,
    ],
    ['Action', <Mono>{entry.action}</Mono>],
    [
      'To what',
      <>
        <Target entry={entry} />{' '}
        {target.id && (
          <Link to={withQuery(paths.audit, { target_kind: target.kind, target_id: target.id })}>
            all acts on it
          </Link>
        )}
      </>,
    ],
    ['From address', entry.address ? <Mono>{entry.address}</Mono> : 'none: not a request'],
    [
      'Request',
      entry.request_id ? <Hash text={entry.request_id} name="request id" /> : 'none: not a request',
    ],
  ];
}

function Inclusion({ entry }: { entry: AuditEntry }) {
  const prove = useProof(entry.id, entry.row_hash);
  return (
    <Box>
      <Heading>Proof</Heading>
      <Box sx={{ fontSize: 13, mb: 1 }}>
        A proof shows that this entry is in the tree that a signed checkpoint names. It is fetched
        from the manager and checked in this browser.
      </Box>
      <Button
        variant="outlined"
        loading={prove.isPending}
        onClick={() => prove.mutate()}
        sx={{ mb: 1 }}
      >
        {prove.data ? 'Prove again' : 'Prove that it is in the trail'}
      </Button>
      {prove.error && (
        <ErrorState message={messageOf(prove.error)} requestId={requestIdOf(prove.error)} />
      )}
      {prove.data && <Proof {...prove.data} />}
    </Box>
  );
}
