import { type ReactNode, useEffect } from 'react';
import { Logo } from '../../ui/Logo';
import { Box, Paper, Stack, Typography } from '../../ui/mui';
import { line } from '../../ui/tones';

/** The frame of the pages that stand before the application. */
export function AuthCard(props: {
  title: string;
  hint?: ReactNode;
  /** What stands above the title, such as the steps of a longer way. */
  above?: ReactNode;
  below?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Patch Manager`;
  }, [props.title]);
  return (
    <Box component="main" sx={{ minHeight: '100vh', display: 'grid', placeItems: 'center', p: 2 }}>
      <Paper
        sx={{
          width: '100%',
          maxWidth: props.wide ? 600 : 400,
          p: { xs: 2.5, sm: 4 },
          border: `1px solid ${line}`,
        }}
      >
        <Stack sx={{ gap: 2.5 }}>
          <Logo />
          {props.above}
          <div>
            <Typography variant="h1">{props.title}</Typography>
            {props.hint && (
              <Typography variant="body2" sx={{ color: 'text.secondary', mt: 0.5 }}>
                {props.hint}
              </Typography>
            )}
          </div>
          {props.children}
          {props.below}
        </Stack>
      </Paper>
    </Box>
  );
}
