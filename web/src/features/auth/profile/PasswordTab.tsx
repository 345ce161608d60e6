import { Box, Typography } from '../../../ui/mui';
import { notify } from '../../../ui/notify';
import { Panel } from '../../../ui/Page';
import { PasswordForm } from '../PasswordForm';

export function PasswordTab() {
  return (
    <Box sx={{ maxWidth: 640 }}>
      <Panel title="Change password">
        <Typography variant="body2" sx={{ color: 'text.secondary', mb: 2 }}>
          Your other sessions end when you change it. API tokens stay.
        </Typography>
        <PasswordForm
          onDone={() =>
            notify('Password changed. All other sessions of this account have ended.', 'success')
          }
        />
      </Panel>
    </Box>
  );
}
