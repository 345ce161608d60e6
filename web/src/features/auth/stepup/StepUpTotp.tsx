import { call } from '../../../api/client';
import { CodeForm } from '../CodeForm';

export function StepUpTotp(props: { onDone: () => void }) {
  return (
    <CodeForm
      send={(code) => call('stepUpTotp', { body: { code } })}
      onDone={props.onDone}
      verb="Confirm"
      label="Code of your authenticator app"
      autoFocus
    />
  );
}
