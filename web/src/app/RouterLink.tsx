import type { AnchorHTMLAttributes, Ref } from 'react';
import { Link } from 'react-router';

/** The router's link under the name that src/ui expects. */
export function RouterLink({
  href,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; ref?: Ref<HTMLAnchorElement> }) {
  return <Link to={href} {...rest} />;
}
