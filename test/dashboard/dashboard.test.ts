import { describe, expect, it } from 'vitest';
import { TOKEN } from '../../packages/gateway/test/admin/setup.ts';
import { hasChromium, row, shows, useBrowser } from './page.ts';

const { gateway, open } = useBrowser();

describe.skipIf(!hasChromium)('the dashboard', () => {
  it('shows the services, and what happens to them as it does', async () => {
    const { url, connected, say, probed, parted } = await gateway();
    connected();
    say('register', 'a', { name: 'ids', ttl: 60 });
    const page = await open(url);
    await shows(page, 'its one instance takes requests');
    await row(page, 1).getByText('Up').waitFor();
    say('register', 'b', { port: 2 });
    await row(page, 2).getByText('Up').waitFor();
    parted('b');
    await row(page, 2).getByText('In doubt').waitFor();
    probed('b', 'refused');
    await row(page, 2).getByText('Down').waitFor();
    await row(page, 2)
      .getByText(/gone \d/)
      .waitFor();
    await shows(page, '1 of 2 takes requests');
    say('exit', 'b', { port: 2 });
    await shows(page, 'its one instance takes requests');
    const events = page.getByRole('region', { name: 'Events' }).getByRole('listitem');
    expect(await events.first().textContent()).toMatch(/left.*10\.0\.0\.1:2.*it has left/);
  });

  it('says what to do where nothing has registered', async () => {
    const page = await open((await gateway()).url);
    await page.getByRole('heading', { name: 'No service has registered' }).waitFor();
    await shows(page, /rollcall run --prefix/);
  });

  it('says that a service has lost its last instance', async () => {
    const { url, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    say('exit', 'a');
    await shows(page, 'every instance has gone: requests get 503');
  });

  it('says loudly that the channel is lost, and that the gateway is blind', async () => {
    const { url, state, say, connected, disconnected } = await gateway();
    connected();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toBe('');
    disconnected();
    await alert.getByText('The channel is lost').waitFor();
    state.now += 600_000;
    await alert.getByText('This gateway is blind').waitFor();
    connected();
    await alert.getByText('blind').waitFor({ state: 'detached' });
  });

  it('says that it does not reach the gateway, goes on showing what was, and comes back', async () => {
    const { url, admin, again, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    admin.close();
    await page.getByRole('alert').getByText('The gateway is not reached').waitFor();
    await row(page, 1).waitFor();
    say('register', 'b', { port: 2 });
    await again();
    await row(page, 2).waitFor();
    await page.getByRole('alert').getByText('not reached').waitFor({ state: 'detached' });
  });

  it('drains by the button, asks for the token once, and undrains', async () => {
    const { url, say, observer } = await gateway();
    const routable = () => observer.table.routable('/v1').map(({ key }) => key);
    say('register', 'a');
    say('register', 'b', { port: 2 });
    const page = await open(url);
    await page.getByRole('button', { name: 'Drain 10.0.0.1:1' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Admin token').fill('not-the-token-of-this-gateway');
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await dialog.getByText('does not take this token').waitFor();
    expect(routable()).toEqual(['a', 'b']);
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await row(page, 1).getByText('Drained').waitFor();
    expect(routable()).toEqual(['b']);

    await page.reload();
    await page.getByRole('button', { name: 'Undrain 10.0.0.1:1' }).click();
    await row(page, 1).getByText('Up').waitFor();
    expect(routable()).toEqual(['b', 'a']);
  });

  it('says how to set a token where the gateway has none', async () => {
    const { url, say } = await gateway({ access: { isLocal: true } });
    say('register', 'a');
    const page = await open(url);
    await page.getByRole('button', { name: 'Drain 10.0.0.1:1' }).click();
    await page
      .getByRole('dialog')
      .getByText(/ROLLCALL_ADMIN_TOKEN=/)
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('asks for the token first where reading needs it too', async () => {
    const { url, say } = await gateway({ access: { isLocal: false, token: TOKEN } });
    say('register', 'a');
    const page = await open(url);
    await page.getByLabel('Admin token').fill('wrong-wrong-wrong-wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await shows(page, 'The gateway does not take this token.');
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.getByRole('button', { name: 'Open' }).click();
    await row(page, 1).waitFor();
  });

  it('tells why a path is routed as it is, at an address of its own', async () => {
    const { url, say, probed } = await gateway();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('/v1/generate');
    await page.keyboard.press('Enter');
    const verdict = page.getByRole('heading', { level: 1 });
    await verdict.getByText('to /v1, 1 of 1 instances in turn').waitFor();
    probed('a', 'refused');
    await verdict.getByText('nowhere (503)').waitFor();
    await shows(page, 'its port refuses connections');
    expect(page.url()).toBe(`${url}#why=%2Fv1%2Fgenerate`);
    await page.reload();
    await verdict.getByText('nowhere (503)').waitFor();
    await page.goBack();
    await row(page, 1).waitFor();
  });

  it('shows traffic as it is, and that there was none', async () => {
    const history = [
      { at: 0, seconds: 5, requests: 40, errors: 0, p50: 1.2, p99: 8 },
      { at: 5, seconds: 5, requests: 60, errors: 3, p50: 1.4, p99: 150 },
    ];
    const { url, say } = await gateway({
      traffic: (key) => (key === 'a' ? { requests: 100, errors: 3, history } : undefined),
    });
    say('register', 'a');
    say('register', 'b', { port: 2 });
    const page = await open(url);
    await row(page, 1).getByText('3 % failed').waitFor();
    expect(await row(page, 1).getByRole('figure').allTextContents()).toEqual([
      '12/s 3 % failed',
      'p50 1.4 ms p99 150 ms',
    ]);
    await row(page, 2).getByText('no traffic yet').waitFor();
  });

  it('tells of other gateways, and whether they agree', async () => {
    const { url, say, observer } = await gateway();
    say('register', 'a');
    observer.receive('rollcall', { nonce: 'x', digest: '', size: 0, from: 'rollcall-2' }, 0);
    const page = await open(url);
    const others = page.getByRole('region', { name: 'Gateways' });
    await others.getByText(/lacked 1 entry, which it was sent/).waitFor();
  });

  it('takes nothing that was announced for anything but text', async () => {
    const { url, say } = await gateway();
    const evil = '<img src=x onerror=alert(1)>';
    say('register', 'a', { name: evil, zone: evil });
    const page = await open(url);
    await shows(page, evil);
    expect(await page.locator('img').count()).toBe(0);
  });
});
