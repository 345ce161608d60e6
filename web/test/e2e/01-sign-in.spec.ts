import { fillSignIn, password, shoot } from './support/app';
import { readState } from './support/state';
import { expect, test } from './support/test';

test.describe
  .serial('the first sign-in', () => {
    test('refuses a wrong password without saying which part was wrong', async ({ page }) => {
      await page.goto(readState().url);
      await shoot(page, 'sign-in');
      await fillSignIn(page, 'not the password');
      await expect(page.getByRole('alert')).toContainText(/user name or password/i);
    });

    test('takes the one-time password once and then wants a good one', async ({ page }) => {
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
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
    });

    test('stays signed in over a reload and ends with sign out', async ({ page }) => {
      await page.goto(readState().url);
      await fillSignIn(page, password);
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
      await page.reload();
      await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
      await page.getByRole('button', { name: 'User menu of admin' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await page.goto(`${readState().url}/hosts`);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    });
  });
