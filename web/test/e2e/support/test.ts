import { test as base } from '@playwright/test';

/** Every page follows the theme of the (emulated) machine, so that a test can ask for either. */
export const test = base.extend({
  page: async ({ page }, use) => {
    await page.addInitScript(() => localStorage.setItem('pm-theme', 'system'));
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await use(page);
  },
});

export { expect } from '@playwright/test';
