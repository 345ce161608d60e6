import type { Page } from '@playwright/test';
import { fillSignIn, openSignedIn, password, shoot, stepUp } from './support/app';
import { readState } from './support/state';
import { expect, stranger, test } from './support/test';
import { takeRecoveryCode } from './support/totp';

const main = (page: Page) => page.getByRole('navigation', { name: 'Main' });

/** A security key that always finds the right finger. */
async function plugIn(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

/** Some acts ask for the second factor first, unless it was shown a moment ago. */
async function stepUpIfAsked(page: Page, then: () => Promise<void>): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  const done = then();
  await Promise.race([done, dialog.waitFor({ state: 'visible' })]);
  if (await dialog.isVisible()) await stepUp(page);
  await done;
}

test('a passkey is made, and signs in alone', async ({ page }) => {
  await plugIn(page);
  await openSignedIn(page, '/profile/factors');
  await shoot(page, 'profile-factors');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('Key ring');
  await stepUpIfAsked(page, async () => {
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await expect(page.getByRole('table', { name: 'Your passkeys' })).toContainText('Key ring');
  });
  await page.getByRole('button', { name: 'User menu of admin' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(main(page)).toBeVisible();
});

test('a session that is ended elsewhere is over within five seconds', async ({ page, browser }) => {
  await openSignedIn(page, '/profile/sessions');
  const other = await browser.newContext({ ignoreHTTPSErrors: true });
  const victim = await other.newPage();
  await victim.goto(readState().url);
  await fillSignIn(victim, password);
  await victim.getByRole('button', { name: 'Use a recovery code' }).click();
  await victim.getByLabel('Recovery code').fill(takeRecoveryCode('admin'));
  await victim.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(main(victim)).toBeVisible();

  await page.reload();
  await shoot(page, 'profile-sessions');
  await page.getByRole('button', { name: /^End the (other|\d+ others)/ }).click();
  await page.getByRole('button', { name: /^End \d+ session/ }).click();
  await expect(victim.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 5_000 });
  await other.close();
});

stranger(
  'an account is locked after five wrong passwords, for whoever guesses',
  async ({ page }) => {
    await page.goto(readState().url);
    for (let i = 0; i < 6; i++) {
      await fillSignIn(page, `wrong ${i}`, 'nobody-here');
      await expect(page.getByRole('alert')).toBeVisible();
    }
    await expect(page.getByRole('alert')).toContainText(/Too many failed attempts/);
    await shoot(page, 'sign-in-locked');
  },
);
