import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';
import { screenshots } from './paths';
import { readState } from './state';
import { nextCode, rememberSecret } from './totp';

/** The admin's password once the one-time password has been changed. */
export const password = 'twelve quiet windows at night';

export async function fillSignIn(page: Page, secret: string, user = 'admin'): Promise<void> {
  await page.getByLabel('User name').fill(user);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export const mainNavigation = (page: Page) => page.getByRole('navigation', { name: 'Main' });

/** Both factors, as a person with an authenticator app shows them. */
export async function signIn(page: Page, secret = password, user = 'admin'): Promise<void> {
  await fillSignIn(page, secret, user);
  await page.getByLabel('Six-digit code').fill(await nextCode(user)); // the sixth digit sends them
  await expect(mainNavigation(page)).toBeVisible();
}

/** Opens a page of the application as the admin; signs in unless this browser still is. */
export async function openSignedIn(page: Page, path = '/'): Promise<void> {
  await page.goto(`${readState().url}${path}`);
  const heading = page.getByRole('heading', { name: 'Sign in' });
  await expect(heading.or(mainNavigation(page))).toBeVisible();
  if (await heading.isVisible()) await signIn(page);
}

/** Sets an authenticator app up in the wizard of the first sign-in, and keeps the recovery codes. */
export async function setUpAuthenticator(page: Page, user: string): Promise<string[]> {
  const key = page.getByLabel('Key', { exact: true });
  await expect(key).toBeVisible();
  rememberSecret(user, ((await key.textContent()) ?? '').replaceAll(' ', ''));
  await page.getByLabel('Six-digit code').fill(await nextCode(user));
  await expect(page.getByRole('heading', { name: 'Keep your recovery codes' })).toBeVisible();
  return await page
    .getByRole('list', { name: 'Recovery codes' })
    .getByRole('listitem')
    .allTextContents();
}

/** Ends the wizard once the recovery codes are kept. */
export async function finishSetUp(page: Page): Promise<void> {
  await page.getByLabel('I have kept them').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Open Patch Manager' }).click();
  await expect(mainNavigation(page)).toBeVisible();
}

/** Answers the question for the second factor that a dangerous act brings up. */
export async function stepUp(page: Page, user = 'admin'): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(dialog).toBeVisible();
  await dialog.getByLabel('Code of your authenticator app').fill(await nextCode(user));
  await expect(dialog).toBeHidden();
}

/** Waits for what an act ends with, and answers the question for the second factor if it comes first. */
export async function stepUpIfAsked(page: Page, done: Locator): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(dialog.or(done).first()).toBeVisible();
  if (await dialog.isVisible()) await stepUp(page);
  await expect(done).toBeVisible();
}

/** Signs out by the user's own menu. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^User menu of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
}

/** Opens the page of one host from the list of hosts. */
export async function openHost(page: Page, name: string): Promise<void> {
  await page.goto(`${readState().url}/hosts`);
  await page.getByRole('grid', { name: 'Hosts' }).getByRole('link', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

/** The number that a tab of the host's page carries. */
export async function tabCount(page: Page, tab: string): Promise<number> {
  const tabs = page.getByRole('navigation', { name: 'Parts of this host' });
  const label = (await tabs.getByRole('link', { name: new RegExp(`^${tab}`) }).textContent()) ?? '';
  return Number(label.replace(/\D/g, ''));
}

/** Orders updates through the deploy pages and ends on the page of the new job. */
export async function deploy(page: Page, hosts: string[], what: string): Promise<void> {
  await page.goto(`${readState().url}/deploy`);
  const table = page.getByRole('grid', { name: 'Hosts to choose from' });
  for (const name of hosts) {
    await table.getByRole('row', { name }).getByRole('checkbox').check();
  }
  await page.getByRole('button', { name: /Go on with/ }).click();
  await page.getByRole('radio', { name: what }).click(); // the choice lives in the address
  await expect(page.getByRole('radio', { name: what })).toBeChecked();
  await page.getByRole('button', { name: 'Show the plan' }).click();
}

/** Waits for the plan of n hosts, which is read, and runs it. */
export async function runPlan(page: Page, n: number): Promise<void> {
  const words = n === 1 ? '1 host' : `${n} hosts`;
  const run = page.getByRole('button', { name: `Run now on ${words}` });
  await expect(run).toBeEnabled({ timeout: 60_000 });
  await run.click();
  await page.getByRole('button', { name: `Install on ${words}` }).click();
  await expect(page).toHaveURL(/\/jobs\/[0-9A-Z]{26}/);
}

/** Waits until the header of the job's page says how the job ended. */
export async function expectJobState(page: Page, state: string): Promise<void> {
  await expect(page.getByRole('main').getByText(state, { exact: true }).first()).toBeVisible({
    timeout: 240_000,
  });
}

const widths = [1280, 1600];
const themes = ['dark', 'light'] as const;

/** Keeps pictures of the page in both widths and themes, and checks each theme against WCAG 2.2 AA. */
export async function shoot(page: Page, name: string): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await page.screenshot({
        path: `${screenshots}/${name}-${width}-${theme}.png`,
        animations: 'disabled',
      });
    }
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1280, height: 800 });
}
