import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { hasChromium, row, shows, useBrowser } from './page.ts';

const { gateway, open } = useBrowser();

/** How many pixels the page is wider than the window. */
const overflow = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

const focused = (page: Page): Promise<unknown> =>
  page.evaluate(
    'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
  );

/** Violations of the Web Content Accessibility Guidelines that axe-core finds. */
async function violations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)))',
  );
}

describe.skipIf(!hasChromium)('the dashboard', () => {
  it('stays fast with thousands of instances, and filters them', async () => {
    const { url, say } = await gateway();
    for (let port = 1; port <= 3000; port++) say('register', `i${port}`, { port });
    const page = await open(url);
    await shows(page, '3000 of 3000 instances receive traffic');
    expect(await page.locator('.instance').count()).toBe(30);
    await page.getByRole('searchbox').fill(':2999');
    await row(page, 2999).waitFor();
    expect(await page.locator('.instance').count()).toBe(1);
  });

  it('works with the keyboard alone', async () => {
    const { url, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    const walk: unknown[] = [];
    for (let step = 0; step < 8; step++) {
      await page.keyboard.press('Tab');
      walk.push(await focused(page));
    }
    expect(walk).toEqual([
      'Skip to the content',
      'Rollcall, overview',
      'Path of a request',
      'Explain',
      'Audit log',
      'Colours: system',
      'Explain',
      'Drain 10.0.0.1:1',
    ]);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // The focus returns to the button that opened the dialog.
    expect(await focused(page)).toBe('Drain 10.0.0.1:1');
  });

  it('follows the system’s colour scheme, or the one selected, and remembers it', async () => {
    const page = await open((await gateway()).url);
    const ground = () =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await ground();
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await ground()).not.toBe(dark);
    for (const name of ['Colours: system', 'Colours: light'])
      await page.getByRole('button', { name }).click();
    expect(await ground()).toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    expect(await ground()).toBe(dark);
  });

  it.each(['light', 'dark'] as const)(
    'has no accessibility violations in %s colours',
    async (scheme) => {
      const { url, say, probed, parted, disconnected } = await gateway();
      for (const id of ['a', 'b', 'c', 'd'])
        say('register', id, { port: id.charCodeAt(0), ttl: 60 });
      say('register', 'b', { seq: 1, port: 98, draining: true });
      parted('c');
      probed('d', 'refused');
      const page = await open(url);
      await page.emulateMedia({ colorScheme: scheme });
      await row(page, 100).waitFor();
      expect(await violations(page)).toEqual([]);
      disconnected();
      await page.getByRole('alert').getByText('disconnected').waitFor();
      await page.getByRole('button', { name: 'Drain 10.0.0.1:97' }).click();
      expect(await violations(page)).toEqual([]);
      await page.goto(`${url}#explain=%2Fv1`);
      await page.getByRole('heading', { level: 1, name: 'goes' }).waitFor();
      expect(await violations(page)).toEqual([]);
    },
  );

  it.each([360, 800, 1440])('never scrolls sideways in a window of %i px', async (width) => {
    const { url, say, probed, disconnected } = await gateway();
    say('register', 'a', {
      name: 'a-service-with-quite-a-long-name',
      address: 'fd00:1234:5678:9abc::7',
    });
    say('register', 'b', { port: 2, prefix: `/${'long'.repeat(20)}` });
    for (let times = 0; times < 9; times++) probed('a', 'refused');
    const page = await open(url, { width, height: 800 });
    await shows(page, 'Down');
    expect(await overflow(page)).toBe(0);
    disconnected();
    await page.getByRole('alert').getByText('disconnected').waitFor();
    expect(await overflow(page)).toBe(0);
    await page
      .getByRole('button', { name: /^Drain/ })
      .first()
      .click();
    expect(await overflow(page)).toBe(0);
    await page.goto(`${url}#explain=${encodeURIComponent(`/v1/${'x'.repeat(300)}`)}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await overflow(page)).toBe(0);
  });
});
