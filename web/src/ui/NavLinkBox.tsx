import { Box } from '@mui/material';
import type { ReactNode } from 'react';
import { useLinkComponent } from './Link';
import { toneText, toneTint } from './tones';

/** One entry of the sidebar. */
export function NavLinkBox(props: {
  to: string;
  current: boolean;
  icon: ReactNode;
  name: string;
  iconOnly: boolean;
  badge: number;
}) {
  const component = useLinkComponent();
  return (
    <Box
      component={component}
      href={props.to}
      aria-current={props.current ? 'page' : undefined}
      aria-label={
        props.iconOnly ? (props.badge > 0 ? `${props.name} ${props.badge}` : props.name) : undefined
      }
      sx={{
        display: 'flex',
        alignItems: 'center',
        gap: 1.25,
        height: 34,
        px: 1.25,
        borderRadius: 1,
        textDecoration: 'none',
        position: 'relative',
        color: props.current ? 'text.primary' : 'text.secondary',
        fontWeight: props.current ? 600 : 400,
        background: props.current ? toneTint('neutral') : 'none',
        '&:hover': { color: 'text.primary', background: toneTint('neutral') },
      }}
    >
      {props.icon}
      {!props.iconOnly && (
        <Box component="span" sx={{ flex: 1 }}>
          {props.name}
        </Box>
      )}
      {props.badge > 0 && (
        <Box
          component="span"
          className="num"
          sx={{
            minWidth: 18,
            px: 0.5,
            borderRadius: 9,
            fontSize: 11,
            lineHeight: '18px',
            textAlign: 'center',
            fontWeight: 600,
            background: toneTint('running'),
            color: toneText('running'),
            ...(props.iconOnly ? { position: 'absolute', right: 0, top: 0 } : {}),
          }}
        >
          {props.badge}
        </Box>
      )}
    </Box>
  );
}
