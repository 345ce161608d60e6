import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import { CssBaseline, GlobalStyles } from '@mui/material';
import { ThemeProvider } from '@mui/material/styles';
import { type ReactNode, useMemo } from 'react';
import { type LinkComponent, LinkContext } from './Link';
import { Notices } from './notify';
import { pageRules, theme } from './theme';

/**
 * The nonce under which this page may add styles. The server puts a new one into
 * the page on each request; in development the placeholder is still there and no
 * policy is in force.
 */
export function styleNonce(): string | undefined {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return nonce && nonce !== '__CSP_NONCE__' ? nonce : undefined;
}

/** Everything that the components of this folder need around them. */
export function UiProvider(props: { link: LinkComponent; children: ReactNode }) {
  const cache = useMemo(() => createCache({ key: 'pm', nonce: styleNonce() }), []);
  return (
    <CacheProvider value={cache}>
      <ThemeProvider theme={theme} defaultMode="dark" modeStorageKey="pm-theme">
        <CssBaseline />
        <GlobalStyles styles={pageRules} />
        <LinkContext value={props.link}>
          {props.children}
          <Notices />
        </LinkContext>
      </ThemeProvider>
    </CacheProvider>
  );
}
