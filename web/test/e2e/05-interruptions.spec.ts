import { deploy, expectJobState, openSignedIn, runPlan } from './support/app';
import { killManager } from './support/manager';
import { openBed, readState } from './support/state';
import { expect, test } from './support/test';

/** Lines of the log that dpkg says while it unpacks and sets up. */
const word = 'Setting up';

test('the manager is killed in the middle: the log goes on, nothing lost, nothing twice', async ({
  page,
}) => {
  test.setTimeout(400_000);
  await openSignedIn(page);
  await deploy(page, ['late-1'], 'All updates');
  await runPlan(page, 1);
  const log = page.getByLabel('Log of late-1');
  await expect(log).toContainText(/Unpacking/, { timeout: 120_000 });
  killManager(readState().dir);
  await expectJobState(page, 'Succeeded');

  // What the browser holds, gathered over two connections, against what dpkg wrote down.
  const truth = openBed()
    .exec('late-1', 'sh', '-c', 'cat /var/lib/patch-agent/jobs/*/tool-*.log')
    .split('\n')
    .filter((line) => line.includes(word)).length;
  expect(truth).toBeGreaterThan(5);
  await page.getByLabel('Search the log').fill(word);
  await expect(page.getByText(`${truth} lines found`)).toBeVisible();
});
