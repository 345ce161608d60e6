// Opens the built pages under the policy that the manager sends, with made-up data,
// and fails on anything that the policy stops: npm run build && npm run csp
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { createServer as createVite } from 'vite';

const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const policy = (nonce) =>
  `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`;

const vite = await createVite({
  mode: 'mock',
  server: { middlewareMode: true, hmr: false, watch: null, ws: false },
  appType: 'custom',
  logLevel: 'error',
});
const { handle } = await vite.ssrLoadModule('/mock/backend.ts');

async function api(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = ['GET', 'HEAD'].includes(request.method) ? undefined : Buffer.concat(chunks);
  const answer = await handle(
    new Request(`http://localhost${request.url}`, { method: request.method, body }),
  );
  response.writeHead(answer.status, {
    'Content-Type': answer.headers.get('Content-Type') ?? 'text/plain',
  });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function page(request, response) {
  const path = join('dist', new URL(request.url, 'http://localhost').pathname);
  const file = extname(path) && existsSync(path) ? path : 'dist/index.html';
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': policy(nonce),
  });
  const bytes = readFileSync(file);
  response.end(
    file.endsWith('.html') ? bytes.toString().replaceAll('__CSP_NONCE__', nonce) : bytes,
  );
}

const server = createServer((request, response) =>
  request.url.startsWith('/api/') ? api(request, response) : page(request, response),
);
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const tab = await browser.newPage();
const stopped = [];
tab.on(
  'console',
  (message) => /Content.Security.Policy/i.test(message.text()) && stopped.push(message.text()),
);
for (const path of [
  '/',
  '/hosts',
  '/hosts/01KH0000000000000000000001',
  '/enrollment',
  '/deploy',
  '/jobs',
  '/jobs/01KJ0000000000000000000002',
]) {
  await tab.goto(base + path);
  // 20 px is what the stylesheet gives the title; without styles it stays at the browser's own size.
  await tab
    .waitForFunction(() =>
      [...document.querySelectorAll('h1')].some(
        (title) => getComputedStyle(title).fontSize === '20px',
      ),
    )
    .catch(() => stopped.push(`${path}: the styles did not load`));
  await tab.waitForLoadState('networkidle').catch(() => undefined);
}
await browser.close();
server.close();
await vite.close();
for (const words of new Set(stopped)) console.log(words);
console.log(
  stopped.length === 0
    ? 'nothing is stopped by the policy'
    : `${stopped.length} things are stopped by the policy`,
);
process.exit(stopped.length === 0 ? 0 : 1);
