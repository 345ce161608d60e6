import type { AuditProof } from '../../api/types';
import type { Status } from '../../lib/status';
import { count, groups } from '../../lib/words';
import { CommandBlock } from '../../ui/Copy';
import { Box, Stack } from '../../ui/mui';
import { StatusMark } from '../../ui/StatusPill';
import { Time } from '../../ui/Time';
import type { ProofResult } from './checkProof';

const marks: Record<string, Status> = {
  true: { label: 'Right', tone: 'ok', shape: 'check' },
  false: { label: 'Wrong', tone: 'critical', shape: 'cross' },
  null: { label: 'Not checked', tone: 'unknown', shape: 'question' },
};

/** Each step of the proof with what was found, and the signed text to keep. */
export function Proof({ proof, result }: { proof: AuditProof; result: ProofResult }) {
  const holds = result.leaf && result.path && result.signature !== false;
  const steps: [boolean | null, string, string][] = [
    [result.leaf, 'The leaf is the hash of this entry.', 'The leaf is not the hash of this entry.'],
    [
      result.path,
      `${count(proof.hashes.length, 'hash leads', 'hashes lead')} from it to the root of ${groups(proof.tree_size)} entries.`,
      'The hashes do not lead from it to the root of the checkpoint.',
    ],
    [
      result.signature,
      'The checkpoint has the signature of the audit key.',
      result.signature === null
        ? 'This browser cannot check Ed25519 signatures: verify an export instead.'
        : 'The checkpoint does not have the signature of the audit key.',
    ],
  ];
  return (
    <Stack sx={{ gap: 1 }}>
      <Box role="status" sx={{ fontWeight: 600 }}>
        {holds
          ? `Entry ${proof.entry.id} is in the trail.`
          : `The proof of entry ${proof.entry.id} does not hold. Start a verification, and keep the export.`}
      </Box>
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, fontSize: 13 }}>
        {steps.map(([found, right, wrong]) => (
          <li key={right}>
            <StatusMark status={marks[String(found)] as Status} />{' '}
            <span className="visually-hidden">{marks[String(found)]?.label}: </span>
            {found ? right : wrong}
          </li>
        ))}
      </Box>
      <Box sx={{ fontSize: 13 }}>
        Signed <Time at={proof.checkpoint.at} />:
      </Box>
      <CommandBlock label="Checkpoint" text={proof.checkpoint.note.trim()} />
    </Stack>
  );
}
