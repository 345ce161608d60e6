import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { useAllGroups } from '../../api/groups';
import type { DiscoveryScan } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { count } from '../../lib/words';
import { CommandBlock } from '../../ui/Copy';
import { FormDialog } from '../../ui/FormDialog';
import { Link } from '../../ui/Link';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Stack,
  TextField,
} from '../../ui/mui';
import { PickMany } from '../../ui/PickMany';
import { SimpleTable } from '../../ui/SimpleTable';
import { agentPort } from './NewScan';
import { type Report, useRegister } from './queries';
import { labelsOf } from './targets';

/** Makes hosts of found machines; they wait for their agents. */
export function Register(props: {
  scan: DiscoveryScan;
  addresses: string[];
  onClose: (done: boolean) => void;
}) {
  const groups = useAllGroups();
  const register = useRegister(props.scan.id);
  const [groupIds, setGroupIds] = useState<string[]>([]);
  const [labels, setLabels] = useState('');
  const [port, setPort] = useState(String(agentPort));
  const parsed = labelsOf(labels);
  const badPort = !/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535;
  const n = props.addresses.length;
  if (register.data) return <Done report={register.data} onClose={() => props.onClose(true)} />;
  return (
    <FormDialog
      open
      title={`Register ${count(n, 'host')}`}
      submit={`Register ${count(n, 'host')}`}
      busy={register.isPending}
      error={register.error ? messageOf(register.error) : undefined}
      requestId={requestIdOf(register.error)}
      onClose={() => props.onClose(false)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!parsed || badPort) return;
        register.mutate({
          addresses: props.addresses,
          group_ids: groupIds,
          labels: parsed,
          port: Number(port),
        });
      }}
    >
      <span>
        They are listed as hosts at once and stay unknown until their agents enroll. Each is named
        as the name servers call it, or else by its address.
      </span>
      <PickMany
        label="Groups"
        options={groups.data?.items ?? []}
        loading={groups.isPending}
        value={groupIds}
        onChange={setGroupIds}
        noOptions="There is no group yet"
        helper="Operators see the hosts of their groups only."
      />
      <TextField
        label="Labels"
        value={labels}
        onChange={(event) => setLabels(event.target.value)}
        placeholder="env=prod, site=berlin"
        error={!parsed}
        helperText={
          parsed
            ? 'key=value, separated by commas'
            : 'A key has lower-case letters, digits and . _ / - between them.'
        }
      />
      <TextField
        label="Port of the agents"
        value={port}
        onChange={(event) => setPort(event.target.value.trim())}
        error={badPort}
        helperText={badPort ? '1 to 65535' : 'Where their agents will listen, not what was scanned'}
        slotProps={{ htmlInput: { inputMode: 'numeric' } }}
      />
    </FormDialog>
  );
}

/** What has become of each address, and what to run there. */
function Done({ report, onClose }: { report: Report; onClose: () => void }) {
  const refused = report.items.filter((item) => item.outcome === 'refused');
  return (
    <Dialog open maxWidth="sm" fullWidth onClose={onClose}>
      <DialogTitle>
        {report.registered > 0
          ? `${count(report.registered, 'host')} registered`
          : 'None registered'}
      </DialogTitle>
      <DialogContent>
        <Stack sx={{ gap: 2 }}>
          {report.registered > 0 && (
            <span>
              They wait for their agents.{' '}
              <Link to={withQuery(paths.hosts, { enrolled: 'false' })}>
                Show hosts that have not enrolled
              </Link>
            </span>
          )}
          {report.registered > 0 && report.command && (
            <>
              <span>
                Install the agent on each of them and run this. Its request is attached to the host
                that is registered at its address.
              </span>
              <CommandBlock label="Enroll command" text={report.command} />
            </>
          )}
          {refused.length > 0 && (
            <>
              <Alert severity="warning" variant="outlined">
                {count(refused.length, 'address was', 'addresses were')} not registered.
              </Alert>
              <SimpleTable
                caption="Addresses that were not registered"
                columns={[
                  { name: 'Address', cell: (r) => r.address, mono: true },
                  { name: 'Why', cell: (r) => r.message },
                ]}
                rows={refused}
                rowKey={(r) => r.address}
                maxHeight={240}
              />
            </>
          )}
        </Stack>
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
