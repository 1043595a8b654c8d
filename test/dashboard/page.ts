import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Chromium is on this machine: Debian's package `chromium`, or where CHROMIUM says. */
export const hasChromium: boolean = existsSync(EXECUTABLE);

export function openBrowser(): Promise<Browser> {
  // Its sandbox needs a user of its own, which a container has not.
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
}
