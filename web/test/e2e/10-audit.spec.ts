import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { openSignedIn, shoot, stepUpIfAsked } from './support/app';
import { root } from './support/paths';
import { readState } from './support/state';
import { expect, test } from './support/test';

/** What `patch-manager audit verify` says about an export, and whether it is content. */
function verify(file: string): { intact: boolean; said: string } {
  const { dir } = readState();
  const manager = `${root}/bin/patch-manager`;
  const key = execFileSync(manager, ['--config', `${dir}/manager.toml`, 'audit', 'key'], {
    encoding: 'utf8',
  }).trim();
  try {
    const said = execFileSync(manager, ['audit', 'verify', file, `--key=${key}`], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    return { intact: true, said };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { intact: false, said: `${stdout}${stderr}` };
  }
}

test.describe
  .serial('the audit trail', () => {
    test('finds who did what, and proves one entry in the browser', async ({ page }) => {
      await openSignedIn(page, '/audit?action=session.&q=admin');
      const grid = page.getByRole('grid', { name: 'Audit entries' });
      await expect(grid.getByRole('row').nth(1)).toBeVisible();
      await page.goto(`${readState().url}/audit`);
      await shoot(page, 'audit');
      await grid.getByRole('row').nth(1).getByRole('button').first().click();
      await page.getByRole('button', { name: 'Prove that it is in the trail' }).click();
      await expect(page.getByText(/^Entry \d+ is in the trail\.$/)).toBeVisible({
        timeout: 30_000, // a checkpoint that names it is signed within ten seconds
      });
      await shoot(page, 'audit-proof');
    });

    test('is verified from the page, with an answer in words', async ({ page }) => {
      await openSignedIn(page, '/audit?view=verify');
      await page.getByRole('button', { name: 'Verify now' }).click();
      await expect(page.getByText(/The trail is intact: all .* entries were checked/)).toBeVisible({
        timeout: 30_000,
      });
      await shoot(page, 'audit-verify');
    });

    test('is exported and verified without the manager; a changed copy is found', async ({
      page,
    }) => {
      await openSignedIn(page, '/audit');
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export all' }).click();
      await page.getByRole('menuitem', { name: /JSON lines/ }).click();
      const file = `${readState().dir}/audit.jsonl`;
      await (await download).saveAs(file);
      expect(verify(file)).toMatchObject({ intact: true });

      const lines = readFileSync(file, 'utf8').split('\n');
      const at = lines.findIndex((line) => line.includes('session.'));
      expect(at).toBeGreaterThan(0);
      lines[at] = (lines[at] ?? '').replace(/"address":"[^"]*"/, '"address":"192.0.2.99"');
      writeFileSync(file, lines.join('\n'));
      const changed = verify(file);
      expect(changed.intact).toBe(false);
      expect(changed.said).toContain('BROKEN');
    });

    test('settings refuse what cannot be, and ask before they shut their author out', async ({
      page,
    }) => {
      await openSignedIn(page, '/settings/security');
      await shoot(page, 'settings-security');
      await page.goto(`${readState().url}/settings/access`);
      const list = page.getByLabel('Interface and API');
      await list.fill('192.0.2.0/33');
      await page.getByRole('button', { name: /^Save/ }).click();
      await expect(page.getByText(/192\.0\.2\.0\/33/).last()).toBeVisible();
      await expect(list).toHaveAttribute('aria-invalid', 'true');

      await list.fill('192.0.2.0/24');
      await page.getByRole('button', { name: /^Save/ }).click();
      const ask = page.getByRole('dialog', { name: 'This would shut you out' });
      await stepUpIfAsked(page, ask);
      await shoot(page, 'settings-access');
      await ask.getByRole('button', { name: 'Keep as it is' }).click();
      await page.goto(`${readState().url}/settings/audit`);
      await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
      await shoot(page, 'settings-audit');
      await page.goto(`${readState().url}/settings/access`);
      await expect(list).toHaveValue('');
    });
  });
