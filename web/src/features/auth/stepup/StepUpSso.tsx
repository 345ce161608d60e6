import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { call } from '../../../api/client';
import { messageOf, requestIdOf } from '../../../api/errors';
import type { SsoLink } from '../../../api/types';
import { paths } from '../../../lib/paths';
import { Button, Stack, Typography } from '../../../ui/mui';
import { ErrorState } from '../../../ui/states';
import { ssoErrorWords } from '../signin/reasons';
import { hearPopup } from './popup';

class PopupBlocked extends Error {
  constructor() {
    super('The browser did not open the window. Allow pop-ups for this page and try again.');
  }
}

/** Signs in again at the provider in a window of its own; the page with what was typed stays. */
export function StepUpSso(props: { provider: SsoLink; onDone: () => void }) {
  const { provider } = props;
  const start = useMutation({
    mutationFn: async () => {
      // Opened while the click lasts, or the browser takes it for an advertisement.
      const popup = window.open('about:blank', '_blank', 'popup,width=520,height=680');
      if (!popup) throw new PopupBlocked();
      try {
        const { authorize_url } = await call('startSso', {
          path: { id: provider.provider_id },
          body: { purpose: 'step_up', return_to: paths.ssoDone },
        });
        popup.location.href = authorize_url;
      } catch (error) {
        popup.close();
        throw error;
      }
      return wait();
    },
    onSuccess: props.onDone,
  });
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);
  const wait = () =>
    new Promise<void>((resolve, reject) => {
      stop.current();
      stop.current = hearPopup((news) => {
        stop.current();
        if (news.kind === 'done') resolve();
        else reject(new Error(ssoErrorWords(news.code)));
      });
    });
  return (
    <Stack sx={{ gap: 1 }}>
      {start.error && (
        <ErrorState message={messageOf(start.error)} requestId={requestIdOf(start.error)} />
      )}
      <Button variant="outlined" size="medium" onClick={() => start.mutate()}>
        {start.isPending ? `Open ${provider.name} again` : `Sign in again with ${provider.name}`}
      </Button>
      {start.isPending && (
        <Typography role="status" variant="body2" sx={{ color: 'text.secondary' }}>
          Waiting for the other window. This page goes on by itself.
        </Typography>
      )}
    </Stack>
  );
}
