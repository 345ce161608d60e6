import { useEffect, useState } from 'react';
import { copyText } from '../../ui/Copy';
import { CopyIcon, DownloadIcon } from '../../ui/icons';
import { Alert, Box, Button, Checkbox, FormControlLabel, Stack } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { line, mono, raised } from '../../ui/tones';

/** What the file says beside the codes: somebody finds it in a year. */
export function recoveryFile(codes: string[], username: string, site: string): string {
  return [
    `Recovery codes of ${username} at ${site}`,
    'Each code signs you in once, instead of your second factor. Keep them where only you get at them.',
    '',
    ...codes,
    '',
  ].join('\n');
}

function save(text: string, name: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The recovery codes, the only time that they can be seen. Leaving takes the word that they are kept. */
export function RecoveryCodes(props: {
  codes: string[];
  username: string;
  done: string;
  onDone: () => void;
}) {
  const [kept, setKept] = useState(false);
  const text = recoveryFile(props.codes, props.username, window.location.host);
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
  return (
    <Stack sx={{ gap: 2 }}>
      <Alert severity="warning" variant="outlined">
        They are shown only now. Without them, a lost phone or key locks you out until an
        administrator lets you in again.
      </Alert>
      <Box
        component="ul"
        aria-label="Recovery codes"
        sx={{
          listStyle: 'none',
          m: 0,
          p: 2,
          display: 'grid',
          gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
          gap: 1,
          border: `1px solid ${line}`,
          borderRadius: 1,
          background: raised,
          fontFamily: mono,
          fontSize: 14,
          userSelect: 'text',
        }}
      >
        {props.codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </Box>
      <Stack direction="row" sx={{ gap: 1, flexWrap: 'wrap' }}>
        <Button
          variant="outlined"
          startIcon={<CopyIcon />}
          onClick={async () => {
            if (await copyText(props.codes.join('\n'))) notify('Recovery codes copied.', 'success');
          }}
        >
          Copy all
        </Button>
        <Button
          variant="outlined"
          startIcon={<DownloadIcon />}
          onClick={() => save(text, `recovery-codes-${props.username}.txt`)}
        >
          Download as text
        </Button>
      </Stack>
      <Stack
        direction="row"
        sx={{ justifyContent: 'space-between', alignItems: 'center', gap: 1, flexWrap: 'wrap' }}
      >
        <FormControlLabel
          control={<Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} />}
          label="I have kept them"
        />
        <Button variant="contained" size="medium" disabled={!kept} onClick={props.onDone}>
          {props.done}
        </Button>
      </Stack>
    </Stack>
  );
}
