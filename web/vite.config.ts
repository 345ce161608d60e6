/// <reference types="vitest/config" />
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * `npm run dev:mock` serves the pages with made-up data instead of a manager.
 * The plugin exists while serving only, so none of it can reach a build.
 */
function mockBackend(): Plugin {
  return {
    name: 'mock-backend',
    apply: 'serve',
    transformIndexHtml: () => [
      { tag: 'script', attrs: { type: 'module', src: '/mock/start.ts' }, injectTo: 'head-prepend' },
    ],
  };
}

const manager = process.env.PATCH_MANAGER_DEV_URL ?? 'https://localhost:8443';

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'mock' ? [mockBackend()] : [])],
  server: {
    host: '127.0.0.1',
    proxy:
      mode === 'mock'
        ? undefined
        : { '/api': { target: manager, secure: false, ws: true, changeOrigin: true } },
  },
  build: {
    outDir: 'dist',
    sourcemap: false,
    // The policy allows no data: URLs, so small files stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  test: {
    environment: 'jsdom',
    setupFiles: './src/test/setup.ts',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    // Whole pages in jsdom on a busy machine: a limit against hanging, not a measure of speed.
    testTimeout: 60_000,
  },
}));
