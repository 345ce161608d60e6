import { Button, type ButtonProps } from '@mui/material';
import { useLinkComponent } from './Link';

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function LinkButton(props: { to: string } & Omit<ButtonProps, 'href'>) {
  const { to, ...rest } = props;
  return <Button component={useLinkComponent()} href={to} {...rest} />;
}
