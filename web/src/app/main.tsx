import '@fontsource-variable/roboto';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { UiProvider } from '../ui/UiProvider';
import { makeQueryClient } from './queryClient';
import { RouterLink } from './RouterLink';
import { makeRouter } from './routes';

const client = makeQueryClient();
const router = makeRouter(client);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <UiProvider link={RouterLink}>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </UiProvider>
  </StrictMode>,
);
