import MuiLink from '@mui/material/Link';
import { createContext, type ElementType, type ReactNode, type Ref, use } from 'react';

type LinkProps = {
  href: string;
  children?: ReactNode;
  className?: string;
  ref?: Ref<HTMLAnchorElement>;
};
export type LinkComponent = ElementType<LinkProps>;

function PlainLink({ href, ...rest }: LinkProps) {
  return <a href={href} {...rest} />;
}

/** The router's link, given once by the application, so that this folder knows no router. */
export const LinkContext = createContext<LinkComponent>(PlainLink);

export const useLinkComponent = () => use(LinkContext);

/** A link inside the interface. Quiet ones are underlined only when pointed at or focused. */
export function Link(props: {
  to: string;
  children: ReactNode;
  quiet?: boolean;
  label?: string;
  title?: string;
}) {
  const component = useLinkComponent();
  return (
    <MuiLink
      component={component}
      href={props.to}
      aria-label={props.label}
      title={props.title}
      color={props.quiet ? 'inherit' : 'primary'}
      underline={props.quiet ? 'hover' : 'always'}
      sx={{
        textDecorationColor: 'color-mix(in srgb, currentColor 40%, transparent)',
        '&:hover': { textDecorationColor: 'currentColor' },
      }}
    >
      {props.children}
    </MuiLink>
  );
}

/** A number that leads to exactly what it counts. */
export function CountLink(props: { n: number; to: string; label: string }) {
  return (
    <Link to={props.to} quiet={props.n === 0} label={`${props.label}: ${props.n}`}>
      <span className="num">{props.n.toLocaleString('en-US')}</span>
    </Link>
  );
}
