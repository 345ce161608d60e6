import { Box } from '../../ui/mui';
import { ProgressBar, StatusMark } from '../../ui/StatusPill';
import { adviceFor } from './advice';

/** Strength of a new password while it is typed. */
export function PasswordAdvice({ password }: { password: string }) {
  const advice = adviceFor(password);
  return (
    <Box sx={{ mt: 1, display: 'grid', gap: 0.75 }}>
      <ProgressBar
        percent={advice.percent}
        status={advice.status}
        label="Length of the new password"
      />
      <Box
        role="status"
        sx={{ display: 'flex', gap: 0.75, fontSize: 12, color: 'text.secondary', minHeight: 32 }}
      >
        {password && <StatusMark status={advice.status} />}
        <span>{advice.words}</span>
      </Box>
    </Box>
  );
}
