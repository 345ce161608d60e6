import { type FormEvent, useState } from 'react';
import { fieldErrors, messageOf, requestIdOf } from '../../api/errors';
import { count } from '../../lib/words';
import { Alert, Box, Button, FormControlLabel, Stack, Switch, TextField } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { ErrorState } from '../../ui/states';
import { useCreateScan } from './queries';
import { targetsOf, warningFor } from './targets';

/** The port on which agents listen. */
export const agentPort = 12443;

/** What to scan, how many addresses that is, and what to think of before. */
export function NewScan(props: { targets: string; port: string; onDone: (id: string) => void }) {
  const [text, setText] = useState(props.targets);
  const [port, setPort] = useState(props.port || String(agentPort));
  const [names, setNames] = useState(true);
  const [tried, setTried] = useState(false);
  const create = useCreateScan(props.onDone);
  const targets = targetsOf(text);
  const refused = fieldErrors(create.error);
  const badPort = !/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535;
  const empty = tried && targets.n === 0 ? 'Give a network or at least one address.' : '';
  const problem = targets.problem || empty || refused.cidr || refused['addresses[0]'];
  const warning = warningFor(targets.n);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (targets.n === 0 || badPort) return;
    create.mutate({
      cidr: targets.cidr,
      addresses: targets.addresses,
      port: Number(port),
      reverse_dns: names,
    });
  };
  return (
    <Panel title="Scan a network">
      <Box component="form" onSubmit={submit} noValidate>
        <Stack direction="row" sx={{ gap: 2, alignItems: 'flex-start', flexWrap: 'wrap' }}>
          <TextField
            label="Network, or addresses"
            placeholder="192.0.2.0/24"
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              create.reset();
            }}
            multiline
            maxRows={6}
            error={Boolean(problem)}
            helperText={
              problem ||
              (targets.n > 0
                ? `${count(targets.n, 'address', 'addresses')} will be probed.`
                : 'An IPv4 network, a /16 at most, or single IPv4 and IPv6 addresses.')
            }
            slotProps={{ htmlInput: { className: 'mono' }, formHelperText: { role: 'status' } }}
            sx={{ flex: '1 1 340px', maxWidth: 560 }}
          />
          <TextField
            label="Port"
            value={port}
            onChange={(event) => setPort(event.target.value.trim())}
            error={badPort}
            helperText={
              badPort
                ? '1 to 65535'
                : Number(port) === agentPort
                  ? 'Where agents listen'
                  : 'Agents listen on 12443'
            }
            slotProps={{ htmlInput: { inputMode: 'numeric' } }}
            sx={{ width: 170 }}
          />
          <FormControlLabel
            control={<Switch checked={names} onChange={(_, on) => setNames(on)} />}
            label="Look up names"
            sx={{ height: 40 }}
          />
          <Button
            type="submit"
            variant="contained"
            loading={create.isPending}
            sx={{ height: 40, ml: 'auto' }}
          >
            {targets.n > 0 ? `Scan ${count(targets.n, 'address', 'addresses')}` : 'Scan'}
          </Button>
        </Stack>
        {warning && (
          <Alert severity="warning" variant="outlined" sx={{ mt: 2 }}>
            {warning}
          </Alert>
        )}
        {create.error && !problem && (
          <Box sx={{ mt: 2 }}>
            <ErrorState message={messageOf(create.error)} requestId={requestIdOf(create.error)} />
          </Box>
        )}
      </Box>
    </Panel>
  );
}
