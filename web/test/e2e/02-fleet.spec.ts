import { spawn } from 'node:child_process';
import { openHost, openSignedIn, shoot, tabCount } from './support/app';
import { aptWouldInstall, dpkgVersions } from './support/bed';
import { root } from './support/paths';
import { openBed, readState } from './support/state';
import { expect, test } from './support/test';

test.describe
  .serial('the fleet', () => {
    test('shows what apt itself would install, package by package', async ({ page }) => {
      const truth = aptWouldInstall(openBed(), 'web-1');
      expect(truth.length).toBeGreaterThan(5);
      await openSignedIn(page);
      await openHost(page, 'web-1');
      await expect(page.getByRole('link', { name: `Patches ${truth.length}` })).toBeVisible();
      const answer = page.waitForResponse(/\/hosts\/[0-9A-Z]+\/patches\?/);
      await page.getByRole('link', { name: /^Patches/ }).click();
      const { items } = await (await answer).json();
      const shown = items.map(
        (p: { name: string; available_version: string }) => `${p.name} ${p.available_version}`,
      );
      expect(shown.sort()).toEqual(truth);
      await expect(page.getByRole('grid')).toContainText('Debian-Security');
      await shoot(page, 'host-patches');
    });

    test('shows every installed package that dpkg knows, and none that was removed', async ({
      page,
    }) => {
      await openSignedIn(page);
      await openHost(page, 'web-1');
      expect(await tabCount(page, 'Packages')).toBe(dpkgVersions(openBed(), 'web-1').length);
      await shoot(page, 'host');
      await page.getByRole('link', { name: /^Packages/ }).click();
      await expect(page.getByRole('grid')).toContainText('adduser');
      await shoot(page, 'host-packages');
    });

    test('lets a machine in when a person has compared its key', async ({ page }) => {
      const bed = openBed();
      const { hosts, port, fingerprint } = readState();
      const host = hosts['late-1'];
      if (!host) throw new Error('no host late-1');
      await openSignedIn(page, '/enrollment');
      await expect(page.getByText('Nobody waits')).toBeVisible();
      const enroll = spawn(`${root}/bin/bedctl`, [
        `--dir=${readState().dir}/bed`,
        'exec',
        'late-1',
        '--',
        '/usr/bin/patch-agent',
        'enroll',
        `https://${host.gateway}:${port}`,
        `--ca-fingerprint=${fingerprint}`,
        `--address=${host.ip}`,
      ]);
      let said = '';
      enroll.stdout.on('data', (text) => {
        said += text;
      });
      enroll.stderr.on('data', (text) => {
        said += text;
      });
      const ended = new Promise<number | null>((done) => enroll.on('exit', done));

      await expect(page.getByRole('button', { name: 'Approve late-1' })).toBeVisible({
        timeout: 30_000,
      });
      await expect(page.getByText(host.ip).first()).toBeVisible();
      await shoot(page, 'enrollment');
      await page.getByRole('button', { name: 'Approve late-1' }).click();
      expect(await ended, said).toBe(0);
      bed.service('late-1', 'agent.log', '/usr/bin/patch-agent', 'run');

      await page.goto(`${readState().url}/hosts`);
      const row = page.getByRole('grid', { name: 'Hosts' }).getByRole('row', { name: 'late-1' });
      await expect(row.getByText('Healthy')).toBeVisible({ timeout: 30_000 });
      await shoot(page, 'hosts');
    });

    test('refuses a machine that was told the wrong fingerprint, and says both', async () => {
      const { hosts, port } = readState();
      const wrong = `sha256:${'0'.repeat(64)}`;
      const said = failing(() =>
        openBed().exec(
          'late-1',
          '/usr/bin/patch-agent',
          'enroll',
          `https://${hosts['late-1']?.gateway}:${port}`,
          `--ca-fingerprint=${wrong}`,
          '--state-dir=/var/tmp/other',
        ),
      );
      expect(said).toContain(wrong);
      expect(said).toContain(readState().fingerprint);
    });

    test('filters hosts by what they miss, in an address that can be shared', async ({ page }) => {
      await openSignedIn(page, '/hosts?q=db');
      const grid = page.getByRole('grid', { name: 'Hosts' });
      await expect(grid.getByRole('link', { name: 'db-1', exact: true })).toBeVisible();
      await expect(grid.getByRole('link', { name: 'web-1', exact: true })).toHaveCount(0);
      await page.goto(`${readState().url}/hosts?state=unreachable`);
      await expect(page.getByText('No host matches')).toBeVisible();
    });
  });

function failing(run: () => string): string {
  try {
    return `it did not fail: ${run()}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}`;
  }
}
