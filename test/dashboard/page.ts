import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { dashboardFolder } from '@rollcall/dashboard';
import type { AdminAppOptions } from '../../packages/gateway/src/admin/app.ts';
import { serveApp } from '../../packages/gateway/src/serve-app.ts';
import type { ServedApp } from '../../packages/gateway/src/serve-app.ts';
import { staticFiles } from '../../packages/gateway/src/admin/static-files.ts';
import type { RoutingConfig } from '../../packages/gateway/src/settings/config.ts';
import { setup } from '../../packages/gateway/test/admin/setup.ts';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether Chromium is installed. */
export const hasChromium: boolean = existsSync(EXECUTABLE);
if (!hasChromium)
  console.error(
    'no Chromium: the dashboard is not tested (apt-get install chromium, or set CHROMIUM to its path)',
  );

/** Starts a browser for the tests of a file. A test fails if its page throws, or violates its content security policy. */
export function useBrowser() {
  /** Uncaught errors of pages, and violations of their content security policy. */
  const pageErrors: string[] = [];
  const admins: ServedApp[] = [];
  let browser: Browser;
  beforeAll(async () => {
    // Chromium's sandbox does not start for root, which containers run as.
    const options = { executablePath: EXECUTABLE, args: ['--no-sandbox'] };
    if (hasChromium) browser = await chromium.launch(options);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const admin of admins.splice(0)) admin.close();
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(pageErrors.splice(0)).toEqual([]);
  });

  /** Serves the admin port of a gateway whose observer receives what the test publishes. */
  async function gateway(options: Partial<AdminAppOptions> = {}, routing: RoutingConfig = {}) {
    if (dashboardFolder === undefined) throw new Error('the dashboard is not built: npm run setup');
    const pages = await staticFiles(dashboardFolder);
    const made = setup({ pages, ...options }, routing);
    const serve = async (port: number): Promise<ServedApp> => {
      const admin = await serveApp({
        app: made.app,
        host: '127.0.0.1',
        port,
        setting: '--admin-port',
      });
      admins.push(admin);
      return admin;
    };
    const admin = await serve(0);
    const url = `http://127.0.0.1:${admin.port}/`;
    return { ...made, admin, url, restart: () => serve(admin.port) };
  }

  async function open(url: string, viewport = { width: 1440, height: 900 }): Promise<Page> {
    const context = await browser.newContext({ viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => pageErrors.push(error.message));
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) pageErrors.push(message.text());
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

/** Resolves when the page shows this text. */
export function shows(page: Page, text: string | RegExp): Promise<void> {
  return page.getByText(text).first().waitFor();
}
