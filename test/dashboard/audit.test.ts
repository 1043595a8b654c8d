import { hashToken } from '@rollcall/runtime/admin';
import { describe, expect, it } from 'vitest';
import { access } from '../../packages/gateway/test/admin/setup.ts';
import { hasChromium, row, shows, useBrowser } from './page.ts';

const tokenOf = (name: string): string => `the-long-token-of-${name}`;
const adminTokens = {
  alice: { hash: hashToken(tokenOf('alice')), scopes: ['read', 'drain', 'versions'] as const },
  bob: { hash: hashToken(tokenOf('bob')), scopes: ['read'] as const },
  deploy: { hash: hashToken(tokenOf('deploy')), scopes: ['drain'] as const },
};

describe.skipIf(!hasChromium)('the dashboard with admin tokens', () => {
  const { gateway, open } = useBrowser();

  it('says which scope a token lacks, and takes another token', async () => {
    const { url, say, observer } = await gateway({ access: access({ adminTokens }) });
    say('register', 'a');
    const page = await open(`${url}#token=${tokenOf('bob')}`);
    const drain = page.getByRole('button', { name: 'Drain 10.0.0.1:1' });
    await drain.waitFor();
    const why = 'The token bob does not have the scope “drain”.';
    expect(await drain.getAttribute('title')).toBe(why);
    await drain.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(why).waitFor();
    await dialog.getByLabel('Admin token').fill(tokenOf('alice'));
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('button', { name: 'Undrain 10.0.0.1:1' }).waitFor();
    expect(observer.table.entries()[0]?.isDrained).toBe(true);
    await page.getByRole('banner').getByText('alice').waitFor();
  });

  it('shows whose token it uses, and forgets it', async () => {
    const { url, say } = await gateway({ access: access({ adminTokens }) });
    say('register', 'a');
    const page = await open(`${url}#token=${tokenOf('bob')}`);
    const name = page.getByRole('banner').getByText('bob');
    await name.waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await name.waitFor({ state: 'detached' });
    await row(page, 1).getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('dialog').getByText('A token of this gateway').waitFor();
  });

  it('asks for a token that may read, off loopback', async () => {
    const { url, say } = await gateway({ access: access({ adminTokens }, false) });
    say('register', 'a');
    const page = await open(`${url}#token=${tokenOf('deploy')}`);
    await shows(page, 'The token deploy does not have the scope "read".');
    await page.getByLabel('Admin token').fill(tokenOf('bob'));
    await page.getByRole('button', { name: 'Open' }).click();
    await row(page, 1).waitFor();
  });

  it.each([1440, 360])('lists the audit log, %i px wide', async (width) => {
    const { url, say, audit, ask } = await gateway({ access: access({ adminTokens }) });
    say('register', 'a');
    for (let count = 1; count <= 60; count++)
      audit.record({
        action: 'reload',
        target: { file: `/etc/rollcall/${count}.json` },
        result: 'accepted',
        settings: ['via', 'routes./v1'],
      });
    const page = await open(url, { width, height: 800 });
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await shows(page, 'only in memory');
    await page.getByRole('row', { name: /60\.json accepted via, routes\.\/v1$/ }).waitFor();
    expect(await page.getByRole('row').count()).toBe(51);
    await page.getByRole('button', { name: 'Show older' }).click();
    await page.getByRole('row', { name: /\/1\.json/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Show older' }).count()).toBe(0);
    await ask('/api/instances/a/drain', {
      method: 'POST',
      token: tokenOf('bob'),
      from: '10.0.0.9',
    });
    // Without a reload of the page.
    await page
      .getByRole('row', { name: /bob 10\.0\.0\.9 Drain \/v1 10\.0\.0\.1:1 refused missing-scope$/ })
      .waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  });
});
