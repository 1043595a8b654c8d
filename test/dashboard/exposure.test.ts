import { describe, expect, it } from 'vitest';
import type { ExposureFinding } from '@rollcall/gateway';
import { hasChromium, useBrowser } from './page.ts';

const { gateway, open } = useBrowser();

const FINDINGS: readonly ExposureFinding[] = [
  { code: 'unowned-allowed', severity: 'high', found: '/v1 has no owners', advice: 'make a key' },
  { code: 'broker-without-tls', severity: 'medium', found: 'it has no TLS', advice: 'use TLS' },
  { code: 'public-channel', severity: 'medium', found: 'it is public', advice: 'make it private' },
  { code: 'no-audit-log', severity: 'low', found: 'there is no file', advice: 'set one' },
];

describe.skipIf(!hasChromium)('the panel of exposure', () => {
  it('shows what to end first and how, and the rest on request', async () => {
    const page = await open((await gateway({ exposure: () => FINDINGS })).url);
    const panel = page.getByRole('region', { name: 'Exposure' });
    const items = panel.getByRole('listitem');
    await items.first().waitFor();
    expect(await items.first().textContent()).toBe(
      'unowned-allowed high/v1 has no ownersmake a key',
    );
    expect(await items.count()).toBe(3);
    await panel.getByRole('button', { name: 'Show 1 more' }).click();
    expect(await items.count()).toBe(4);
    expect(await panel.getByRole('button').count()).toBe(0);
  });

  it('is not there if nothing is exposed', async () => {
    const { url, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    const answered = page.waitForResponse(/api\/exposure$/);
    await page.reload();
    await (await answered).finished();
    await page.getByRole('region', { name: 'Events' }).waitFor();
    expect(await page.getByRole('region', { name: 'Exposure' }).count()).toBe(0);
  });
});
