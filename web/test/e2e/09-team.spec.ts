import type { Page } from '@playwright/test';
import {
  fillSignIn,
  finishSetUp,
  mainNavigation,
  openSignedIn,
  setUpAuthenticator,
  shoot,
  stepUp,
  stepUpIfAsked,
} from './support/app';
import { readState } from './support/state';
import { expect, newPage, test } from './support/test';

const operatorPassword = 'many windows stay closed at noon';

/** Makes an account with the forms of the admin, and returns its one-time password. */
async function makeUser(page: Page, name: string, role: string, group?: string): Promise<string> {
  await openSignedIn(page, '/users');
  await page.getByRole('button', { name: 'New user' }).click();
  await page.getByLabel('User name').fill(name);
  await page.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  if (group) {
    await page.getByRole('combobox', { name: 'Groups' }).fill(group);
    await page.getByRole('option', { name: group }).click();
    await page.keyboard.press('Escape');
  }
  await page.getByRole('button', { name: 'Make user' }).click();
  const dialog = page.getByRole('dialog', { name: 'The new user' });
  await stepUpIfAsked(page, dialog);
  const secret = (await dialog.locator('code, pre').first().textContent()) ?? '';
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  return secret.trim();
}

/** The first sign-in of somebody who was given a one-time password. */
async function firstSignIn(page: Page, name: string, secret: string): Promise<void> {
  await page.goto(readState().url);
  await fillSignIn(page, secret, name);
  await page.getByLabel('Current password').fill(secret);
  await page.getByLabel('New password', { exact: true }).fill(operatorPassword);
  await page.getByLabel('New password again').fill(operatorPassword);
  await page.getByRole('button', { name: 'Change password' }).click();
  await setUpAuthenticator(page, name);
  await finishSetUp(page);
}

/** Sets how long a second factor counts as fresh. */
async function setFreshness(page: Page, minutes: number): Promise<void> {
  await openSignedIn(page, '/settings/security');
  await page.getByLabel('A second factor counts as fresh for').fill(String(minutes));
  await page.getByRole('button', { name: 'Save' }).click();
  await stepUpIfAsked(page, page.getByText('Saved. It is in force').first());
}

const hostNames = (page: Page) =>
  page.getByRole('grid', { name: 'Hosts' }).getByRole('link', { name: /-1$/ });

test.describe
  .serial('a team', () => {
    let operator: Page;
    let foreignHost = '';

    test.beforeAll(async ({ browser }) => {
      operator = await newPage(browser);
    });
    test.afterAll(async () => {
      await operator.context().close();
    });

    test('gets a group of hosts, and the act asks for a second factor', async ({ page }) => {
      await openSignedIn(page, '/hosts?q=db-1');
      const link = page
        .getByRole('grid', { name: 'Hosts' })
        .getByRole('link', { name: 'db-1', exact: true });
      foreignHost = (await link.getAttribute('href')) ?? '';
      await page.goto(`${readState().url}/groups`);
      await page.getByRole('button', { name: 'New group' }).first().click();
      await page.getByLabel('Name').fill('Web servers');
      await page.getByRole('button', { name: 'Make group' }).click();
      await stepUpIfAsked(page, page.getByRole('heading', { name: 'Web servers', level: 1 }));
      await page.getByRole('button', { name: 'Add hosts' }).first().click();
      await page
        .getByRole('grid', { name: 'Hosts to add' })
        .getByRole('row', { name: 'web-1' })
        .getByRole('checkbox')
        .check();
      await page.getByRole('button', { name: 'Add 1 host', exact: true }).click();
      const grid = page.getByRole('grid', { name: 'Hosts of Web servers' });
      await stepUpIfAsked(page, grid.getByRole('link', { name: 'web-1', exact: true }));
      await shoot(page, 'group');
      await page.goto(`${readState().url}/groups`);
      await expect(page.getByRole('link', { name: 'Web servers', exact: true })).toBeVisible();
      await shoot(page, 'groups');
    });

    test('an operator sees the hosts of the group, everywhere and no others', async ({ page }) => {
      const secret = await makeUser(page, 'web-operator', 'Operator', 'Web servers');
      await firstSignIn(operator, 'web-operator', secret);
      await expect(operator.getByRole('link', { name: 'Hosts: 1', exact: true })).toBeVisible();
      await shoot(operator, 'dashboard-operator');
      await operator.goto(`${readState().url}/hosts`);
      await expect(hostNames(operator)).toHaveText(['web-1']);
      await operator.goto(`${readState().url}${foreignHost}`);
      await expect(operator.getByText('No such host')).toBeVisible();
      await operator.goto(`${readState().url}/deploy`);
      const choice = operator.getByRole('grid', { name: 'Hosts to choose from' });
      await expect(choice.getByRole('row', { name: 'web-1' })).toBeVisible();
      await expect(choice.getByRole('row', { name: /-1/ })).toHaveCount(1);
      for (const name of ['Users', 'Audit', 'Enrollment']) {
        await expect(mainNavigation(operator).getByRole('link', { name })).toHaveCount(0);
      }
    });

    test('a change of groups and roles is felt within seconds, without signing in again', async ({
      page,
    }) => {
      await operator.goto(`${readState().url}/hosts`);
      await expect(hostNames(operator)).toHaveText(['web-1']);
      await openSignedIn(page, '/users?q=web-operator');
      await page.getByRole('link', { name: 'web-operator', exact: true }).click();
      await page.getByRole('button', { name: 'Edit' }).click();
      await page.getByRole('radio', { name: /^Auditor/ }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await stepUpIfAsked(page, page.getByText('Auditor').first());
      await expect(hostNames(operator)).toHaveCount(4, { timeout: 8_000 });
      await expect(operator.getByRole('link', { name: 'Deploy', exact: true })).toHaveCount(0);
      await operator.goto(`${readState().url}/audit`);
      await expect(operator.getByRole('grid', { name: 'Audit entries' })).toBeVisible();
      await shoot(page, 'user');
    });

    test('a dangerous act is refused a wrong code and goes on with the right one', async ({
      page,
    }) => {
      test.setTimeout(240_000);
      await setFreshness(page, 1);
      const saved = Date.now();
      await openSignedIn(page, '/users?q=web-operator');
      await shoot(page, 'users');
      await expect.poll(() => Date.now(), { timeout: 70_000 }).toBeGreaterThan(saved + 62_000);
      await page.getByRole('link', { name: 'web-operator', exact: true }).click();
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Disable…' }).click();
      await page.getByRole('button', { name: /^Disable/ }).click();
      const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
      const done = page.getByText('Disabled').first();
      await dialog.getByLabel('Code of your authenticator app').fill('000000');
      await expect(dialog.getByText(/code is wrong/)).toBeVisible();
      await stepUp(page);
      await expect(done).toBeVisible();
      // who is disabled is out within five seconds, wherever they are
      await expect(operator.getByRole('heading', { name: 'Sign in' })).toBeVisible({
        timeout: 8_000,
      });
      await setFreshness(page, 5);
    });

    test('leaves no trace on the hosts when the group and the account go', async ({ page }) => {
      await openSignedIn(page, '/users?q=web-operator');
      await page.getByRole('link', { name: 'web-operator', exact: true }).click();
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Delete user…' }).click();
      const ask = page.getByRole('dialog');
      const typed = ask.getByRole('textbox');
      if (await typed.isVisible()) await typed.fill('web-operator');
      await ask.getByRole('button', { name: /^Delete/ }).click();
      await stepUpIfAsked(page, page.getByRole('heading', { name: 'Users', level: 1 }));
      await page.goto(`${readState().url}/audit?q=web-operator`);
      await expect(page.getByRole('grid', { name: 'Audit entries' })).toContainText('web-operator');
    });
  });
