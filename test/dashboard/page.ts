import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { dashboardFolder } from '@rollcall/dashboard';
import type { AdminAppOptions } from '../../packages/gateway/src/admin/app.ts';
import { serveAdmin } from '../../packages/gateway/src/admin/server.ts';
import type { Admin } from '../../packages/gateway/src/admin/server.ts';
import { staticFiles } from '../../packages/gateway/src/admin/static-files.ts';
import { setup } from '../../packages/gateway/test/admin/setup.ts';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Chromium is on this machine. */
export const hasChromium: boolean = existsSync(EXECUTABLE);
if (!hasChromium)
  console.error(
    'no Chromium: apt-get install chromium, or name one by CHROMIUM, to test the dashboard',
  );

/** A browser for the tests of a file. What a page does that it must not fails the test. */
export function useBrowser() {
  /** Errors that nobody caught, and what the content security policy kept the page from. */
  const faults: string[] = [];
  const admins: Admin[] = [];
  let browser: Browser;
  beforeAll(async () => {
    // Its sandbox needs a user of its own, which a container has not.
    const options = { executablePath: EXECUTABLE, args: ['--no-sandbox'] };
    if (hasChromium) browser = await chromium.launch(options);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const admin of admins.splice(0)) admin.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(faults.splice(0)).toEqual([]);
  });

  /** A gateway's admin port, over an observer of which the test says what it hears. */
  async function gateway(options: Partial<AdminAppOptions> = {}) {
    if (dashboardFolder === undefined) throw new Error('the dashboard is not built: npm run setup');
    const made = setup({ pages: await staticFiles(dashboardFolder), ...options });
    const serve = async (port: number): Promise<Admin> => {
      const admin = await serveAdmin(made.app, '127.0.0.1', port);
      admins.push(admin);
      return admin;
    };
    const admin = await serve(0);
    const url = `http://127.0.0.1:${admin.port}/`;
    return { ...made, admin, url, again: () => serve(admin.port) };
  }

  async function open(url: string, viewport = { width: 1440, height: 900 }): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(url);
    return page;
  }
  return { gateway, open };
}

/** The row of the instance at this port. */
export function row(page: Page, port: number): Locator {
  return page
    .getByRole('listitem')
    .filter({ hasText: `:${port}` })
    .first();
}

/** Resolves when the page has this text. */
export function shows(page: Page, text: string | RegExp): Promise<void> {
  return page.getByText(text).first().waitFor();
}
