import {
  fillSignIn,
  finishSetUp,
  password,
  setUpAuthenticator,
  shoot,
  signIn,
} from './support/app';
import { readState } from './support/state';
import { expect, stranger as test } from './support/test';
import { keepRecoveryCodes } from './support/totp';

test.describe
  .serial('the first sign-in', () => {
    test('refuses a wrong password without saying which part was wrong', async ({ page }) => {
      await page.goto(readState().url);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await shoot(page, 'sign-in');
      await fillSignIn(page, 'not the password');
      await expect(page.getByRole('alert')).toContainText(/user name or .*password/i);
    });

    test("wants a password of one's own, a second factor and kept recovery codes", async ({
      page,
    }) => {
      await page.goto(`${readState().url}/hosts`);
      await fillSignIn(page, readState().initialPassword);
      await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();
      await shoot(page, 'new-password');

      await page.getByLabel('Current password').fill(readState().initialPassword);
      await page.getByLabel('New password', { exact: true }).fill('short');
      await page.getByLabel('New password again').fill('short');
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByText(/at least 12 characters/i).first()).toBeVisible();

      await page.getByLabel('New password', { exact: true }).fill(password);
      await page.getByLabel('New password again').fill(password);
      await page.getByRole('button', { name: 'Change password' }).click();
      await expect(page.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible();

      await page.reload(); // it goes on where it was
      await expect(page.getByRole('heading', { name: 'Set up a second factor' })).toBeVisible();
      await shoot(page, 'second-factor');
      await page.getByLabel('Six-digit code').fill('000000');
      await expect(page.getByRole('alert')).toContainText('This code is wrong');
      const codes = await setUpAuthenticator(page, 'admin');
      expect(codes).toHaveLength(10);
      keepRecoveryCodes('admin', codes);
      await shoot(page, 'recovery-codes');
      await finishSetUp(page);
    });

    test('asks for both factors, stays over reloads and ends with sign out', async ({ page }) => {
      await page.goto(readState().url);
      await fillSignIn(page, password);
      await shoot(page, 'sign-in-code');
      await page.getByLabel('Six-digit code').fill('000000');
      await expect(page.getByRole('alert')).toBeVisible();
      await page.getByRole('button', { name: /Begin again/ }).click();
      await signIn(page);
      await page.reload();
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
      // somebody who presses F5 in anger
      for (let i = 0; i < 5; i++) {
        await page.evaluate(() => window.location.reload()).catch(() => undefined);
      }
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
      await page.getByRole('button', { name: 'User menu of admin' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await page.goto(`${readState().url}/hosts`);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    });
  });
