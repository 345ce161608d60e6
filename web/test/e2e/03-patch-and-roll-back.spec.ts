import { deploy, expectJobState, openHost, openSignedIn, runPlan, shoot } from './support/app';
import { aptWouldInstall, dpkgVersions } from './support/bed';
import { openBed } from './support/state';
import { expect, test } from './support/test';

test.describe
  .serial('one host, patched and taken back', () => {
    let before: string[];
    let pending: string[];
    let jobUrl: string;

    test('reads the exact plan, runs it and watches the log', async ({ page }) => {
      test.setTimeout(300_000);
      const bed = openBed();
      before = dpkgVersions(bed, 'web-1');
      pending = aptWouldInstall(bed, 'web-1');
      await openSignedIn(page);
      await deploy(page, ['web-1'], 'All updates');
      await expect(page.getByRole('button', { name: 'Run now on 1 host' })).toBeEnabled({
        timeout: 60_000,
      });
      await page.getByRole('button', { name: 'Details of web-1' }).click();
      const plan = page.getByRole('table', { name: 'Plan by host' });
      for (const line of pending.slice(0, 3)) {
        const [name = '', version = ''] = line.split(' ');
        await expect(plan).toContainText(name);
        await expect(plan).toContainText(version);
      }
      await shoot(page, 'deploy-plan');
      await runPlan(page, 1);
      jobUrl = page.url();

      const log = page.getByLabel('Log of web-1');
      await expect(log).toContainText(/Unpacking|Setting up|Get:/, { timeout: 120_000 });
      await shoot(page, 'job-running');
      await expectJobState(page, 'Succeeded');
      await expect(log).toContainText('as planned');
      await expect(page.getByRole('table', { name: /before and after/ })).toContainText('openssl');
      await shoot(page, 'job-succeeded');
    });

    test('shows nothing pending afterwards, as apt does', async ({ page }) => {
      expect(aptWouldInstall(openBed(), 'web-1')).toEqual([]);
      await openSignedIn(page);
      await openHost(page, 'web-1');
      await expect(page.getByRole('link', { name: 'Patches 0' })).toBeVisible({ timeout: 30_000 });
      await page.getByRole('link', { name: 'Timeline' }).click();
      await expect(page.getByRole('main')).toContainText(/job/i);
      await shoot(page, 'host-timeline');
    });

    test('puts back exactly the versions from before', async ({ page }) => {
      test.setTimeout(300_000);
      const bed = openBed();
      expect(dpkgVersions(bed, 'web-1')).not.toEqual(before);
      const marks = bed.exec('web-1', 'apt-mark', 'showauto');
      await openSignedIn(page);
      await page.goto(jobUrl);
      await page.getByRole('button', { name: 'Roll back…' }).click();
      await shoot(page, 'rollback');
      await page.getByRole('button', { name: 'Roll back 1 host' }).click();
      await expect(page).not.toHaveURL(jobUrl);
      await expectJobState(page, 'Succeeded');
      expect(dpkgVersions(bed, 'web-1')).toEqual(before);
      expect(aptWouldInstall(bed, 'web-1')).toEqual(pending);
      expect(bed.exec('web-1', 'apt-mark', 'showauto')).toEqual(marks);
      await openHost(page, 'web-1');
      await expect(page.getByRole('link', { name: `Patches ${pending.length}` })).toBeVisible({
        timeout: 30_000,
      });
    });
  });
