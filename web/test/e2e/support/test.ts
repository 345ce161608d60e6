import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Browser, test as base, type Page } from '@playwright/test';
import { stateFile } from './paths';

/** The admin's browser between two tests: a code of the authenticator works once, so signing in anew costs 30 s. */
const cookies = stateFile.replace(/[^/]*$/, 'cookies.json');

async function follow(page: Page): Promise<Page> {
  await page.addInitScript(() => localStorage.setItem('pm-theme', 'system'));
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  return page;
}

/** One more browser beside that of the test; whoever opens it closes its context. */
export async function newPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  return await follow(await context.newPage());
}

/** A browser that knows nobody. */
export const stranger = base.extend({
  page: async ({ page }, use) => {
    await use(await follow(page));
  },
});

/**
 * Every page follows the theme of the (emulated) machine, so that a test can ask for
 * either, and goes on with the session in which the last test left off.
 */
export const test = stranger.extend({
  page: async ({ page, context }, use) => {
    if (existsSync(cookies)) await context.addCookies(JSON.parse(readFileSync(cookies, 'utf8')));
    rmSync(cookies, { force: true }); // a refresh token works once
    await use(page);
    await page.goto('about:blank'); // no renewal may be under way
    writeFileSync(cookies, JSON.stringify(await context.cookies()));
  },
});

export { expect } from '@playwright/test';
