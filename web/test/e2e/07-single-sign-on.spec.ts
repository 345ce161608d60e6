import type { Page } from '@playwright/test';
import { mainNavigation, shoot, signIn, signOut, stepUpIfAsked } from './support/app';
import { Provider, signInThere, throughWindow } from './support/idp';
import { readState } from './support/state';
import { expect, newPage, stranger as test } from './support/test';

const name = 'Example login';
const callback = () => `${readState().publicUrl}/api/v1/auth/sso/callback`;
const providerButton = (page: Page) => page.getByRole('link', { name: `Continue with ${name}` });

/** Begins at a page of the product, goes through the provider, and is signed in there anew. */
async function comeThrough(page: Page, username: string, path = '/'): Promise<void> {
  await page.context().clearCookies({ domain: '127.0.0.1' });
  await page.goto(`${readState().publicUrl}${path}`);
  await providerButton(page).click();
  await signInThere(page, username);
}

/** Who is signed in, and as what: the product's own words on the profile. */
async function expectUser(page: Page, username: string, role: string): Promise<void> {
  await expect(mainNavigation(page)).toBeVisible();
  await page.goto(`${readState().publicUrl}/profile`);
  await expect(page.getByText(`${username} · ${role}`)).toBeVisible();
}

test.describe
  .serial('single sign-on', () => {
    let idp: Provider;
    let admin: Page;

    test.beforeAll(async ({ browser }) => {
      idp = await Provider.start(callback());
      admin = await newPage(browser);
      await admin.goto(`${readState().publicUrl}/settings/sso`);
      await signIn(admin);
    });

    test.afterAll(async () => {
      idp.stop();
      await admin.context().close();
    });

    const dialog = () => admin.getByRole('dialog', { name: `Test ${name}` });
    const step = (words: string) =>
      dialog().getByRole('list', { name: 'Steps of the test' }).getByRole('listitem').filter({
        hasText: words,
      });
    const again = () => dialog().getByRole('button', { name: /^Test (connection|again)$/ });

    test('is tested step by step before anything is enabled', async ({ page }) => {
      await idp.setPeople({ username: 'sso-admin', groups: ['admins'] });
      await admin.getByRole('button', { name: 'Add provider' }).click();
      await describeProvider(admin, idp);
      await admin.getByLabel('Name', { exact: true }).focus(); // the picture begins at the top
      await shoot(admin, 'settings-sso-provider');
      await admin.getByRole('button', { name: 'Save and test' }).click();
      await stepUpIfAsked(admin, dialog());
      await throughWindow(again(), (window) => signInThere(window, 'sso-admin'));
      await expect(dialog().getByRole('status')).toHaveText(/Everything works/);
      await expect(step(': OK')).toHaveCount(8);
      await expect(step('Decide what they may')).toContainText('role admin');
      await expect(step('Decide what they may')).toContainText('second factor is accepted');
      await shoot(admin, 'settings-sso-test');

      await page.goto(readState().publicUrl);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await expect(providerButton(page)).toHaveCount(0);
      const users = await newPageOf(admin, '/users');
      await expect(users.getByRole('grid', { name: 'Users' })).toContainText('admin');
      await expect(users.getByRole('grid', { name: 'Users' })).not.toContainText('sso-admin');
      await users.close();
    });

    const faults = [
      {
        fault: 'a client secret that is wrong',
        turn: { client_secret: 'another one' },
        at: 'Exchange it for a token',
        why: /does not accept the client id and secret.*Enter the secret anew/,
      },
      {
        fault: 'a clock there that is two hours ahead',
        turn: { clock_skew: '2h' },
        at: 'Check the token',
        why: /issued at .*, and here it is .*: one of the two clocks is wrong/,
      },
      {
        fault: 'a clock there that is two hours behind',
        turn: { clock_skew: '-2h' },
        at: 'Check the token',
        why: /ended at .*, and here it is .*: one of the two clocks is wrong/,
      },
      {
        fault: 'a signing key that has expired',
        turn: { keys: 'expire' },
        at: 'Check the token',
        why: /signed with a key that the provider does not publish/,
      },
    ] as const;
    for (const { fault, turn, at, why } of faults) {
      test(`the test names ${fault}`, async () => {
        await idp.turn(turn);
        await throughWindow(again(), async () => undefined); // the provider knows this browser
        await expect(dialog().getByRole('status')).toHaveText(/failed at the step above/);
        await expect(step(': Failed')).toHaveCount(1);
        await expect(step(at)).toContainText(why);
        await expect(dialog().getByRole('button', { name: `Enable ${name}` })).toHaveCount(0);
        await idp.repair();
      });
    }

    test('the test names a redirect address that is registered differently', async () => {
      await idp.turn({ redirect_uris: ['https://elsewhere.example.com/callback'] });
      await again().click();
      await expect(dialog().getByRole('status')).toHaveText(/failed at the step above/);
      await expect(step('Send you there')).toContainText(
        `with exactly the redirect address ${callback()}`,
      );
      await shoot(admin, 'settings-sso-test-failed');
      await idp.repair();
    });

    test('is enabled after a test that succeeded', async ({ page }) => {
      await throughWindow(again(), async () => undefined);
      const enable = dialog().getByRole('button', { name: `Enable ${name}` });
      await enable.click();
      await stepUpIfAsked(admin, admin.getByRole('table', { name: 'Providers' }));
      await expect(dialog()).toBeHidden();
      await expect(admin.getByRole('row', { name })).toContainText('Enabled');
      await shoot(admin, 'settings-sso');
      await page.goto(readState().publicUrl);
      await expect(providerButton(page)).toBeVisible();
      await shoot(page, 'sign-in-sso');
    });

    test('lets an operator of the provider in as operator, to the page they wanted', async ({
      page,
    }) => {
      await idp.setPeople({ username: 'sso-operator', groups: ['operators'] });
      await comeThrough(page, 'sso-operator', '/hosts?q=web');
      await expect(page).toHaveURL(/\/hosts\?q=web$/);
      await expectUser(page, 'sso-operator', 'Operator');
      await expect(mainNavigation(page).getByRole('link', { name: 'Users' })).toHaveCount(0);
    });

    test('follows the groups of the provider with each sign-in', async ({ page }) => {
      await comeThrough(page, 'sso-admin');
      await expectUser(page, 'sso-admin', 'Admin');
      await signOut(page);

      await idp.setPeople({ username: 'sso-admin', groups: ['operators'] });
      await comeThrough(page, 'sso-admin');
      await expectUser(page, 'sso-admin', 'Operator');
      await signOut(page);

      await idp.setPeople({ username: 'sso-admin', groups: ['cooks'] });
      await comeThrough(page, 'sso-admin');
      await expect(page.getByRole('alert')).toContainText(
        'you are in none of the groups that may use this',
      );
      await shoot(page, 'sign-in-sso-refused');
      await page.goto(`${readState().publicUrl}/hosts`);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    });

    test('never takes an account over by its name or e-mail address', async ({ page }) => {
      await admin.goto(`${readState().publicUrl}/profile`);
      await admin.getByLabel('E-mail').fill('admin@example.com');
      await admin.getByRole('button', { name: 'Save' }).click();
      await expect(admin.getByText('Account saved.')).toBeVisible();
      await idp.setPeople({
        username: 'admin',
        email: 'admin@example.com',
        email_verified: true,
        groups: ['operators'],
      });
      await comeThrough(page, 'admin');
      await expectUser(page, 'admin-2', 'Operator');
    });

    test('links an account when its signed-in owner says so', async ({ page }) => {
      await idp.setPeople({ username: 'sso-linked', groups: ['admins'] });
      await admin.context().clearCookies({ domain: '127.0.0.1' });
      await admin.goto(`${readState().publicUrl}/profile/sign-on`);
      await expect(admin.getByRole('row', { name })).toContainText('Not linked');
      await admin.getByRole('button', { name: `Link ${name}` }).click();
      await stepUpIfAsked(admin, admin.getByRole('heading', { name: 'Test provider' }));
      await signInThere(admin, 'sso-linked');
      await expect(admin.getByRole('row', { name })).toContainText('subject-of-sso-linked');
      await shoot(admin, 'profile-sign-on');

      await comeThrough(page, 'sso-linked');
      await expectUser(page, 'admin', 'Admin');
    });

    test('leaves the sign-in page when it is turned off', async ({ page }) => {
      await admin.goto(`${readState().publicUrl}/settings/sso`);
      await admin.getByRole('button', { name: `Turn off… ${name}` }).click();
      await admin.getByRole('button', { name: 'Turn off 1 provider' }).click();
      await stepUpIfAsked(admin, admin.getByText(`${name} is off.`));
      await page.goto(readState().publicUrl);
      await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
      await expect(providerButton(page)).toHaveCount(0);
    });
  });

/** Another tab of the same browser. */
async function newPageOf(page: Page, path: string): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(`${readState().publicUrl}${path}`);
  return other;
}

/** Fills the form of a new provider: its groups become roles, and its second factor counts. */
async function describeProvider(page: Page, idp: Provider): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Issuer').fill(idp.issuer);
  await page.getByLabel('Client id').fill(Provider.clientId);
  await page.getByLabel('Client secret').fill(Provider.secret);
  await page.getByLabel('Scopes').fill('openid profile email groups');
  for (const [i, group] of ['admins', 'operators'].entries()) {
    await page.getByRole('button', { name: 'Add mapping' }).click();
    await page.getByLabel('Value').nth(i).fill(group);
  }
  await page.getByLabel('Role', { exact: true }).first().click();
  await page.getByRole('option', { name: 'Admin' }).click();
  await page.getByLabel('Make an account at the first sign-in').check();
  await page.getByLabel("The provider's second factor counts").check();
}
