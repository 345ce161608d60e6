// Pictures of every page with made-up data: node scripts/screenshots.mjs [out] [name ...]
// Each is also checked with axe; the run fails when a page breaks WCAG 2.2 AA.
import { mkdirSync, realpathSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from '@playwright/test';
import { createServer } from 'vite';

const [out = 'screenshots', ...only] = process.argv.slice(2);
const port = Number(process.env.PORT ?? 5199);
mkdirSync(out, { recursive: true });
const server = await createServer({
  mode: 'mock',
  server: {
    port,
    strictPort: true,
    hmr: false,
    watch: null,
    // The packages may be a link to another folder: fonts are read from where they really are.
    fs: { allow: ['.', realpathSync('node_modules')] },
  },
  logLevel: 'error',
});
await server.listen();
const base = `http://127.0.0.1:${port}`;
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

const host = '01KH0000000000000000000001';
const host2 = '01KH0000000000000000000037';
const made = (prefix) => (n) => `01K${prefix}${String(n).padStart(22, '0')}`;
const user = made('U');
const provider = made('S');
const group = made('G')(1);
const job = (n) => `01KJ${String(n).padStart(22, '0')}`;
const button = (name) => async (page) => page.getByRole('button', { name }).first().click();
const secondFactor = async (p) => {
  await p.getByLabel('User name').fill('admin');
  await p.getByLabel('Password').fill('right');
  await button('Sign in')(p);
  await p.getByRole('heading', { name: 'Enter your code' }).waitFor();
};
const setUpPassword = async (p) => {
  await p.getByLabel('Current password').fill('once');
  await p.getByLabel('New password', { exact: true }).fill('three quiet words');
  await p.getByLabel('New password again').fill('three quiet words');
  await button('Change password')(p);
  await p.getByRole('img', { name: /QR code/ }).waitFor();
};
const setUpFactor = async (p) => {
  await setUpPassword(p);
  await p.getByLabel('Six-digit code').fill('123456');
  await p.getByText('I have kept them').waitFor();
};
const makeToken = async (p) => {
  await button('Create a token')(p);
  await p.getByLabel('What uses it').fill('Inventory');
  await p.getByRole('button', { name: 'Create', exact: true }).click();
  await p.getByText('Copy it now').waitFor();
};
const listAct = (item) => async (p) => {
  await button('More about the list')(p);
  await p.getByRole('menuitem', { name: item }).click();
  await p.getByRole('dialog').waitFor();
};
const chosenAct = (item) => async (p) => {
  await p.getByRole('checkbox', { name: /select all/i }).click();
  await p.getByRole('region', { name: 'Chosen hosts' }).getByText('More').click();
  await p.getByRole('menuitem', { name: item }).click();
  await p.getByRole('dialog').waitFor();
};
const importOf = (text) => async (p) => {
  await listAct('Import from CSV…')(p);
  await p.getByLabel('Text of the file').fill(text);
  await button('Check')(p);
  await p.getByRole('table', { name: 'What happens with each row' }).waitFor();
};
const pages = {
  'sign-in': ['/sign-in?mock=signed-out'],
  'sign-in-wrong': [
    '/sign-in?mock=signed-out',
    async (p) => {
      await p.getByLabel('User name').fill('admin');
      await p.getByLabel('Password').fill('wrong');
      await button('Sign in')(p);
      await p.getByRole('alert').waitFor();
    },
  ],
  'sign-in-locked': [
    '/sign-in?mock=signed-out',
    async (p) => {
      await p.getByLabel('User name').fill('admin');
      await p.getByLabel('Password').fill('locked');
      await button('Sign in')(p);
      await p.getByRole('alert').waitFor();
    },
  ],
  'sign-in-sso-only': ['/sign-in?mock=sso-only&error=sso_no_role'],
  'sign-in-code': ['/sign-in?mock=mfa', secondFactor],
  'sign-in-code-wrong': [
    '/sign-in?mock=mfa',
    async (p) => {
      await secondFactor(p);
      await p.getByLabel('Six-digit code').fill('000000');
      await p.getByText('This code is wrong').waitFor();
    },
  ],
  'sign-in-recovery': [
    '/sign-in?mock=mfa',
    async (p) => {
      await secondFactor(p);
      await button('Use a recovery code')(p);
    },
  ],
  password: ['/?mock=must-change'],
  'setup-password': [
    '/?mock=first',
    async (p) => p.getByLabel('New password', { exact: true }).fill('three quiet words'),
  ],
  'setup-factor': ['/?mock=first', setUpPassword],
  'setup-codes': ['/?mock=first', setUpFactor],
  'setup-done': [
    '/?mock=first',
    async (p) => {
      await setUpFactor(p);
      await p.getByLabel('I have kept them').check();
      await button('Continue')(p);
    },
  ],
  profile: ['/profile'],
  'profile-zone': [
    '/profile',
    async (p) => {
      await p.getByLabel('Time zone').fill('new york');
      await p.getByRole('option', { name: /New_York/ }).waitFor();
    },
  ],
  'profile-password': ['/profile/password'],
  'profile-factors': ['/profile/factors'],
  'profile-sessions': ['/profile/sessions'],
  'profile-tokens': ['/profile/tokens'],
  'profile-tokens-empty': ['/profile/tokens?mock=empty'],
  'profile-token-new': [
    '/profile/tokens',
    async (p) => {
      await button('Create a token')(p);
      await p.getByLabel('Only hosts of some groups').check();
    },
  ],
  'profile-token-made': ['/profile/tokens', makeToken],
  'profile-sign-on': ['/profile/sign-on?mock=sso'],
  'profile-error': [
    '/profile/sessions?mock=failing:/auth/sessions',
    async (p) => p.getByText('The database does not answer').first().waitFor({ timeout: 20000 }),
  ],
  'step-up': [
    '/profile/factors?mock=stale',
    async (p) => {
      await button('Make new codes')(p);
      await button('Make 10 new codes')(p);
      await p.getByRole('dialog', { name: 'Confirm that it is you' }).waitFor();
    },
  ],
  'step-up-cancelled': [
    '/profile/factors?mock=stale',
    async (p) => {
      await button('Make new codes')(p);
      await button('Make 10 new codes')(p);
      await p
        .getByRole('dialog', { name: 'Confirm that it is you' })
        .getByRole('button', { name: 'Cancel' })
        .click();
      await p.getByText('Nothing was changed').waitFor();
    },
  ],
  'not-allowed': ['/deploy?mock=auditor'],
  dashboard: ['/'],
  'dashboard-empty': ['/?mock=empty'],
  hosts: ['/hosts'],
  'hosts-more-filters': ['/hosts?label=env%3Dtest&severity=critical'],
  'hosts-nothing': ['/hosts?q=web&label=env%3Dnone&state=healthy'],
  'hosts-selected': [
    '/hosts?pending=security',
    async (p) => {
      await p.getByRole('checkbox', { name: /select all/i }).click();
    },
  ],
  'hosts-bulk-labels': ['/hosts?pending=security', chosenAct('Labels…')],
  'hosts-bulk-remove': ['/hosts?pending=security', chosenAct('Remove…')],
  'hosts-register': ['/hosts', listAct('Register a host…')],
  'hosts-registered': [
    '/hosts',
    async (p) => {
      await listAct('Register a host…')(p);
      await p.getByLabel('Host name or address').fill('web900.example.com');
      await button('Register 1 host')(p);
      await p.getByText('is registered').waitFor();
    },
  ],
  'hosts-import': ['/hosts', listAct('Import from CSV…')],
  'hosts-import-errors': [
    '/hosts',
    importOf(
      'name,address,port,groups\nweb901.example.com,,,Databases\nmissing.example.com,,,\ndb,192.0.2.10,,Nowhere',
    ),
  ],
  'hosts-import-ready': [
    '/hosts',
    importOf('name,address,port,groups\nweb901.example.com,,,Databases\ndb,192.0.2.10,,'),
  ],
  'hosts-empty': ['/hosts?mock=empty'],
  'hosts-error': [
    '/hosts?mock=failing:/hosts',
    async (p) => p.getByText('The database does not answer').first().waitFor({ timeout: 20000 }),
  ],
  host: [`/hosts/${host}`],
  'host-note': [`/hosts/${host2}`, button(/note/)],
  'host-edit': [
    `/hosts/${host}`,
    async (p) => {
      await button('More')(p);
      await p.getByRole('menuitem', { name: 'Edit…' }).click();
    },
  ],
  'host-patches': [`/hosts/${host}/patches`],
  'host-packages': [`/hosts/${host}/packages`],
  'host-timeline': [`/hosts/${host}/timeline`],
  'host-jobs': [`/hosts/${host}/jobs`],
  'host-remove': [
    `/hosts/${host}`,
    async (p) => {
      await button('More')(p);
      await p.getByRole('menuitem', { name: /Remove/ }).click();
    },
  ],
  discovery: [
    '/discovery',
    async (p) => {
      await p.getByLabel('Network, or addresses').fill('10.30.0.0/16');
      await p.getByText('65,534 addresses will be probed').waitFor();
    },
  ],
  'discovery-wrong': [
    '/discovery',
    async (p) => p.getByLabel('Network, or addresses').fill('10.0.0.0/8'),
  ],
  'discovery-empty': ['/discovery?mock=empty'],
  'discovery-auditor': ['/discovery?mock=auditor'],
  'discovery-failing': ['/discovery?mock=failing:/discovery'],
  'scan-running': [`/discovery/${made('D')(1)}`],
  'scan-done': [`/discovery/${made('D')(2)}`],
  'scan-nothing': [`/discovery/${made('D')(3)}`],
  'scan-filtered': [`/discovery/${made('D')(2)}?kind=open,other_agent`],
  'scan-register': [
    `/discovery/${made('D')(2)}`,
    async (p) => {
      await button('Choose all that are no host yet')(p);
      await button('Register 7 hosts…')(p);
      await p.getByRole('dialog').waitFor();
    },
  ],
  'scan-registered': [
    `/discovery/${made('D')(2)}`,
    async (p) => {
      await button('Choose all that are no host yet')(p);
      await button('Register 7 hosts…')(p);
      await p.getByRole('dialog').getByRole('button', { name: 'Register 7 hosts' }).click();
      await p.getByText('6 hosts registered').waitFor();
    },
  ],
  enrollment: ['/enrollment'],
  'enrollment-tokens': ['/enrollment?view=tokens'],
  'add-host': ['/enrollment?add=1'],
  'deploy-hosts': ['/deploy'],
  'deploy-what': [`/deploy?hosts=${host},${host2}`],
  'deploy-plan': [
    '/deploy?all=q%3Dweb',
    async (p) => {
      await button('Show the plan')(p);
      await p
        .getByRole('button', { name: /Run now on [1-9]/ })
        .and(p.locator(':enabled'))
        .waitFor({ timeout: 30000 });
      await p
        .getByRole('button', { name: /Details of/ })
        .nth(3)
        .click();
    },
  ],
  'deploy-confirm': [
    `/deploy?hosts=${host},${host2}`,
    async (p) => {
      await button('Show the plan')(p);
      await p
        .getByRole('button', { name: /Run now on [1-9]/ })
        .and(p.locator(':enabled'))
        .click({ timeout: 30000 });
    },
  ],
  jobs: ['/jobs'],
  'job-failed': [`/jobs/${job(2)}`],
  'job-running': [
    `/jobs/${job(3)}`,
    async (p) => {
      await p.getByText('Unpack', { exact: true }).first().waitFor();
    },
  ],
  'job-rollback': [`/jobs/${job(1)}`, button(/Roll back/)],
  'hosts-add-to-group': [
    '/hosts?pending=security',
    async (p) => {
      await p.getByRole('checkbox', { name: /select all/i }).click();
      await button(/Add to group/)(p);
    },
  ],
  'host-groups': [`/hosts/${host}`, button('Edit groups')],
  groups: ['/groups'],
  'groups-empty': ['/groups?mock=empty'],
  'group-hosts': [`/groups/${group}`],
  'group-add-hosts': [
    `/groups/${group}`,
    async (p) => {
      await button('Add hosts')(p);
      await p.getByRole('grid', { name: 'Hosts to add' }).getByText('app01').waitFor();
    },
  ],
  'group-members': [`/groups/${group}/members`],
  'group-delete': [
    `/groups/${group}`,
    async (p) => {
      await button('More')(p);
      await p.getByRole('menuitem', { name: /Delete/ }).click();
      await p.getByText(/sight of/).waitFor();
    },
  ],
  users: ['/users'],
  'users-auditor': ['/users?mock=auditor'],
  'user-new': ['/users?new=1'],
  'user-password': [
    '/users?new=1',
    async (p) => {
      await p.getByLabel('User name').last().fill('example');
      await button('Make user')(p);
      await p.getByText('The new user').waitFor();
    },
  ],
  user: [`/users/${user(1)}`],
  'user-locked': [`/users/${user(4)}`],
  'user-delete': [
    `/users/${user(2)}`,
    async (p) => {
      await button('More')(p);
      await p.getByRole('menuitem', { name: /Delete/ }).click();
    },
  ],
  'user-edit': [`/users/${user(2)}`, button('Edit')],
  settings: ['/settings'],
  'settings-auditor': ['/settings?mock=auditor'],
  'settings-access': ['/settings/access'],
  'settings-access-wrong': [
    '/settings/access',
    async (p) => {
      await p.getByLabel('Enrollment').fill('192.0.2.0/24\n\nten/8\n2001:db8::/32\nhere');
      await button('Save')(p);
      await p.getByText(/Line 3/).waitFor();
    },
  ],
  'settings-shut-out': [
    '/settings/access',
    async (p) => {
      await p.getByLabel('Interface and API').fill('198.51.100.0/24');
      await button('Save')(p);
      await p.getByRole('dialog').waitFor();
    },
  ],
  'settings-trial': [
    '/settings/access',
    async (p) => {
      await p.getByLabel('Interface and API').fill('198.51.100.0/24');
      await button('Save')(p);
      await button(/Put it in force/)(p);
      await p.getByRole('button', { name: /Keep the new/ }).waitFor();
    },
  ],
  'settings-sso': ['/settings/sso'],
  'settings-sso-edit': [`/settings/sso?provider=${provider(1)}`],
  'settings-sso-new': ['/settings/sso?provider=new'],
  'settings-sso-test': [
    '/settings/sso',
    async (p) => {
      await button(/Test.*Company sign-on/)(p);
      await button('Test connection')(p);
      await p.getByText('Everything works.').waitFor();
    },
  ],
  'settings-sso-test-failed': [
    '/settings/sso',
    async (p) => {
      await button(/Test.*Test provider/)(p);
      await button('Test connection')(p);
      await p.getByText(/The test failed/).waitFor();
    },
  ],
  'settings-audit': ['/settings/audit'],
  audit: ['/audit'],
  'audit-filtered': ['/audit?action=session.&address=192.0.2.40'],
  'audit-entry': [
    '/audit?action=settings.',
    async (p) => {
      await p
        .getByRole('button', { name: /Details of entry/ })
        .first()
        .click();
      await button(/Prove that/)(p);
      await p.getByText(/is in the trail\./).waitFor();
    },
  ],
  'audit-empty': ['/audit?mock=empty'],
  'audit-error': [
    '/audit?mock=failing:/audit',
    async (p) => p.getByText('The database does not answer').first().waitFor({ timeout: 20000 }),
  ],
  'audit-verify': ['/audit?view=verify'],
  'audit-verifying': ['/audit?view=verify', button('Verify now')],
  'not-found': ['/nowhere'],
  search: [
    '/',
    async (p) => {
      await p.keyboard.press('Control+k');
      await p.keyboard.type('web0');
      await p.getByRole('option', { name: /web02/ }).waitFor();
    },
  ],
  shortcuts: [
    '/',
    async (p) => {
      await p.keyboard.press('Shift+?');
    },
  ],
  polling: ['/jobs?mock=no-socket'],
};

let broken = 0;
for (const width of (process.env.WIDTHS ?? '1280,1600').split(',').map(Number)) {
  for (const theme of (process.env.THEMES ?? 'dark,light').split(',')) {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
    });
    await context.addInitScript((mode) => localStorage.setItem('pm-theme', mode), theme);
    for (const [name, [path, act]] of Object.entries(pages)) {
      if (only.length > 0 && !only.includes(name)) continue;
      for (let attempt = 1; ; attempt++) {
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        const errors = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
        try {
          await page.goto(base + path);
          await page.locator('h1').first().waitFor();
          await page.waitForFunction(() => !document.querySelector('[aria-label^="Loading"]'));
          await act?.(page);
        } catch (error) {
          errors.push(String(error));
        }
        await page.waitForTimeout(350);
        await page.screenshot({ path: `${out}/${name}-${width}-${theme}.png` });
        const axe = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        for (const violation of axe.violations)
          errors.push(
            `axe ${violation.id}: ${violation.help}\n    ${violation.nodes
              .slice(0, 3)
              .map((node) => `${node.target} ${node.any[0]?.message ?? ''}`)
              .join('\n    ')}`,
          );
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        if (wide > 0) errors.push(`the page is ${wide} px wider than the window`);
        await page.close();
        // Somebody who adds or removes network interfaces on this machine makes Chromium drop its requests.
        if (attempt < 4 && errors.some((error) => error.includes('ERR_NETWORK_CHANGED'))) continue;
        if (errors.length > 0) broken++;
        for (const error of errors) console.log(`${name} ${width} ${theme}: ${error}`);
        break;
      }
    }
    await context.close();
  }
}
await browser.close();
await server.close();
console.log(broken === 0 ? 'all pages clean' : `${broken} pages have problems`);
process.exit(broken === 0 ? 0 : 1);
