import type { CDPSession, Page } from '@playwright/test';
import {
  fillSignIn,
  mainNavigation,
  openSignedIn,
  password,
  shoot,
  signIn,
  signOut,
  stepUpIfAsked,
} from './support/app';
import { readState } from './support/state';
import { expect, newPage, test } from './support/test';
import { takeRecoveryCode } from './support/totp';

/** What is on the key that the tests below carry from browser to browser. */
type Key = Awaited<ReturnType<typeof read>>;
type Plugged = { cdp: CDPSession; authenticatorId: string };

const read = async ({ cdp, authenticatorId }: Plugged) =>
  (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;

/** A security key that always finds the right finger. */
async function plugIn(page: Page, key: Key = []): Promise<Plugged> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  for (const credential of key)
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  return { cdp, authenticatorId };
}

/** Both steps of signing in, the second with one of the codes on paper. */
async function signInWithPaper(page: Page): Promise<void> {
  await fillSignIn(page, password);
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(takeRecoveryCode('admin'));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(mainNavigation(page)).toBeVisible();
}

test.describe
  .serial('identity', () => {
    let key: Key = [];

    test('a passkey is made, and signs in alone and behind the password', async ({ page }) => {
      const plugged = await plugIn(page);
      await openSignedIn(page, '/profile/factors');
      await shoot(page, 'profile-factors');
      await page.getByRole('button', { name: 'Add a passkey' }).click();
      await page.getByLabel('Name of the passkey').fill('Key ring');
      await page.getByRole('button', { name: 'Make a passkey' }).click();
      await stepUpIfAsked(page, page.getByRole('row', { name: 'Key ring' }));

      await signOut(page);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await expect(mainNavigation(page)).toBeVisible();

      await signOut(page);
      await fillSignIn(page, password);
      await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByRole('button', { name: 'Show my passkey' }).click();
      await expect(mainNavigation(page)).toBeVisible();
      key = await read(plugged);
    });

    test('a session that is ended elsewhere is over within five seconds, and goes on where it was', async ({
      page,
      browser,
    }) => {
      await openSignedIn(page, '/profile/sessions');
      const hosts = await newPage(browser);
      await hosts.goto(`${readState().url}/hosts?q=db`);
      await signInWithPaper(hosts);
      const jobs = await hosts.context().newPage();
      await jobs.goto(`${readState().url}/jobs`);
      await expect(jobs.getByRole('heading', { name: 'Jobs' })).toBeVisible();

      await page.reload();
      await shoot(page, 'profile-sessions');
      await page.getByRole('button', { name: /^End the (other|\d+ others)/ }).click();
      await page.getByRole('button', { name: /^End \d+ session/ }).click();
      for (const victim of [hosts, jobs])
        await expect(victim.getByRole('heading', { name: 'Sign in' })).toBeVisible({
          timeout: 5_000,
        });
      await expect(hosts.getByRole('alert')).toContainText('Your session has ended');

      await signInWithPaper(hosts);
      await expect(hosts).toHaveURL(/\/hosts\?q=db$/);
      await expect(jobs.getByRole('heading', { name: 'Jobs' })).toBeVisible(); // the other tab hears of it
      await expect(jobs).toHaveURL(/\/jobs$/);
      await hosts.context().close();
    });

    test('guessing locks the account for a minute, but neither its known browser nor its passkey', async ({
      page,
      browser,
    }) => {
      test.setTimeout(240_000);
      await openSignedIn(page);
      const guesser = await newPage(browser);
      await guesser.goto(`${readState().url}/hosts?q=web`);
      for (let i = 0; i < 6; i++) {
        await fillSignIn(guesser, `wrong ${i}`);
        await expect(guesser.getByRole('alert')).toBeVisible();
      }
      await expect(guesser.getByRole('alert')).toContainText(/Too many failed attempts/);
      await expect(guesser.getByRole('button', { name: /^Sign in \(in/ })).toBeDisabled();
      await shoot(guesser, 'sign-in-locked');

      await signOut(page);
      await fillSignIn(page, password);
      await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
      const unknown = await newPage(browser);
      await plugIn(unknown, key);
      await unknown.goto(readState().url);
      await unknown.getByRole('button', { name: 'Use a passkey' }).click();
      await expect(mainNavigation(unknown)).toBeVisible();
      await unknown.context().close();

      await expect(guesser.getByText('You can try again now.')).toBeVisible({ timeout: 75_000 });
      await signIn(guesser);
      await expect(guesser).toHaveURL(/\/hosts\?q=web$/);
      await guesser.context().close();
    });
  });
