import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { MemoryRouter, Routes, useLocation } from 'react-router';
import { expect } from 'vitest';
import { RouterLink } from '../app/RouterLink';
import { UiProvider } from '../ui/UiProvider';

/** Draws part of a page with everything around it that it needs. */
export function show(page: ReactNode, at = '/') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(
    <UiProvider link={RouterLink}>
      <QueryClientProvider client={client}>
        <MemoryRouter initialEntries={[at]}>{page}</MemoryRouter>
      </QueryClientProvider>
    </UiProvider>,
  );
  return { ...view, client };
}

/** No rule of WCAG 2.2 AA is broken; colours need a real browser and are checked there. */
export async function expectAccessible(element: Element) {
  const result = await axe.run(element, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    rules: { 'color-contrast': { enabled: false } },
  });
  expect(result.violations.map((violation) => `${violation.id}: ${violation.help}`)).toEqual([]);
}

/** Where the pages of [openAt] have led to. */
export const place = { address: '' };

function Address() {
  const { pathname, search } = useLocation();
  place.address = pathname + search;
  return null;
}

/** Opens an address of these routes; what leads elsewhere is seen in [place]. */
export function openAt(at: string, routes: ReactNode, above?: ReactNode) {
  return show(
    <>
      <Address />
      {above}
      <Routes>{routes}</Routes>
    </>,
    at,
  );
}
