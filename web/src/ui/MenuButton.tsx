import { Button, type ButtonProps, Menu } from '@mui/material';
import { type ReactNode, useState } from 'react';

/** A button that opens a menu; its items close it by calling `close`. */
export function MenuButton(
  props: { label: ReactNode; items: (close: () => void) => ReactNode } & Omit<
    ButtonProps,
    'onClick'
  >,
) {
  const { label, items, ...button } = props;
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  return (
    <>
      <Button
        {...button}
        aria-haspopup="menu"
        aria-expanded={Boolean(anchor)}
        onClick={(e) => setAnchor(e.currentTarget)}
      >
        {label}
      </Button>
      <Menu
        anchorEl={anchor}
        open={Boolean(anchor)}
        onClose={close}
        slotProps={{ list: { dense: true } }}
      >
        {items(close)}
      </Menu>
    </>
  );
}
