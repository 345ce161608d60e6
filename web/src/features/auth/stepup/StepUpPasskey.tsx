import { useMutation } from '@tanstack/react-query';
import { call } from '../../../api/client';
import { hasPasskeys, showPasskey } from '../../../api/passkeys';
import { KeyIcon } from '../../../ui/icons';
import { Button, Stack } from '../../../ui/mui';
import { Refused, useWait } from '../Refused';

export function StepUpPasskey(props: { main: boolean; onDone: () => void }) {
  const show = useMutation({
    mutationFn: async () => {
      const { ceremony, options } = await call('stepUpPasskeyOptions', {});
      const credential = await showPasskey(options);
      return call('stepUpPasskey', { body: { ceremony, credential } });
    },
    onSuccess: props.onDone,
  });
  const wait = useWait(show.error);
  if (!hasPasskeys()) return null;
  return (
    <Stack sx={{ gap: 1.5 }}>
      <Refused error={show.error} wait={wait} />
      <Button
        variant={props.main ? 'contained' : 'outlined'}
        size="medium"
        startIcon={<KeyIcon />}
        autoFocus={props.main}
        loading={show.isPending}
        disabled={wait > 0}
        onClick={() => show.mutate()}
      >
        Use a passkey
      </Button>
    </Stack>
  );
}
