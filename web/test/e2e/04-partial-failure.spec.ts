import { deploy, expectJobState, openSignedIn, runPlan, shoot } from './support/app';
import { aptWouldInstall } from './support/bed';
import { openBed } from './support/state';
import { expect, test } from './support/test';

test.describe
  .serial('one of two hosts fails', () => {
    let jobUrl: string;

    test('the other succeeds, and the failure has the maintainer script’s words', async ({
      page,
    }) => {
      test.setTimeout(400_000);
      await openSignedIn(page);
      await deploy(page, ['db-1', 'broken-1'], 'All updates');
      await runPlan(page, 2);
      jobUrl = page.url();
      await expectJobState(page, 'Partially failed');
      const failed = page.getByRole('region', { name: 'Host broken-1' });
      await expect(failed).toContainText('MAINTAINER_SCRIPT_FAILED');
      await expect(failed).toContainText('demo-broken');
      await expect(failed).toContainText('permission refused on purpose');
      expect(aptWouldInstall(openBed(), 'db-1')).toEqual([]);
      await shoot(page, 'job');
      await page.goto(`${new URL(page.url()).origin}/jobs`);
      await expect(page.getByRole('grid')).toContainText('Partially failed');
      await shoot(page, 'jobs');
    });

    test('only the failed host is run again, and fails for the same reason', async ({ page }) => {
      test.setTimeout(400_000);
      await openSignedIn(page);
      await page.goto(jobUrl);
      await page.getByRole('button', { name: /Re-run 1 failed host/ }).click();
      await page.getByRole('button', { name: 'Re-run 1 host' }).click();
      await expect(page).not.toHaveURL(jobUrl);
      await expectJobState(page, 'Failed');
      await expect(
        page.getByRole('list', { name: 'Hosts of this job' }).getByRole('listitem'),
      ).toHaveCount(1);
    });

    test('the dashboard says what needs a person now', async ({ page }) => {
      await openSignedIn(page);
      await expect(page.getByRole('main')).toContainText(/failed/i);
      await shoot(page, 'dashboard');
    });
  });
