import { describe, expect, it } from 'vitest';
import { access, EPOCH, TOKEN } from '../../packages/gateway/test/admin/setup.ts';
import { hasChromium, row, shows, useBrowser } from './page.ts';

const { gateway, open } = useBrowser();

describe.skipIf(!hasChromium)('the dashboard', () => {
  it('shows services and instances, and updates them live', async () => {
    const { url, connected, say, probed, parted } = await gateway();
    connected();
    say('register', 'a', { name: 'ids', ttl: 60 });
    const page = await open(url);
    await shows(page, '1 of 1 instance receives traffic');
    await row(page, 1).getByText('Healthy').waitFor();
    say('register', 'b', { port: 2 });
    await row(page, 2).getByText('Healthy').waitFor();
    parted('b');
    await row(page, 2).getByText('Suspect').waitFor();
    probed('b', 'refused');
    await row(page, 2).getByText('Down').waitFor();
    await row(page, 2)
      .getByText(/gone \d/)
      .waitFor();
    await shows(page, '1 of 2 instances receives traffic');
    say('exit', 'b', { port: 2 });
    await shows(page, '1 of 1 instance receives traffic');
    const events = page.getByRole('region', { name: 'Events' }).getByRole('listitem');
    expect(await events.first().textContent()).toMatch(/left.*10\.0\.0\.1:2.*it has left/);
  });

  it('shows how to register a service when there is none', async () => {
    const page = await open((await gateway()).url);
    await page.getByRole('heading', { name: 'No service has registered' }).waitFor();
    await shows(page, /rollcall run --prefix/);
  });

  it('shows that a service has no instances left', async () => {
    const { url, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    say('exit', 'a');
    await shows(page, 'no instances: requests get 503');
  });

  it('raises an alarm when the gateway loses the broker, and when its table expires', async () => {
    const { url, state, say, connected, disconnected } = await gateway();
    connected();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toBe('');
    disconnected();
    await alert.getByText('This gateway is disconnected from the broker').waitFor();
    state.now += 600_000;
    await alert.getByText('This gateway has no valid table').waitFor();
    connected();
    await alert.getByText('no valid table').waitFor({ state: 'detached' });
  });

  it('keeps the last state while the gateway is unreachable, and reconnects', async () => {
    const { url, admin, restart, say } = await gateway();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    admin.close();
    await page.getByRole('alert').getByText('The gateway is unreachable').waitFor();
    await row(page, 1).waitFor();
    say('register', 'b', { port: 2 });
    await restart();
    await row(page, 2).waitFor();
    await page.getByRole('alert').getByText('unreachable').waitFor({ state: 'detached' });
  });

  it('drains and undrains an instance, and asks for the token once', async () => {
    const { url, say, observer } = await gateway();
    const routable = () => observer.table.routable('/v1').map(({ key }) => key);
    say('register', 'a');
    say('register', 'b', { port: 2 });
    const page = await open(url);
    await page.getByRole('button', { name: 'Drain 10.0.0.1:1' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Admin token').fill('not-the-token-of-this-gateway');
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await dialog.getByText('rejected this token').waitFor();
    expect(routable()).toEqual(['a', 'b']);
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await page.keyboard.press('Enter');
    await row(page, 1).getByText('Drained').waitFor();
    expect(routable()).toEqual(['b']);

    await page.reload();
    await page.getByRole('button', { name: 'Undrain 10.0.0.1:1' }).click();
    await row(page, 1).getByText('Healthy').waitFor();
    expect(routable()).toEqual(['b', 'a']);
  });

  it('forgets what is down: an instance, and then a service without instances', async () => {
    const { url, say, probed, observer } = await gateway();
    say('register', 'a');
    say('register', 'b', { port: 2 });
    probed('b', 'refused');
    const page = await open(url);
    await row(page, 1).waitFor();
    expect(await page.getByRole('button', { name: /^Forget/ }).count()).toBe(1);
    await page.getByRole('button', { name: 'Forget 10.0.0.1:2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('removes it until it is announced again').waitFor();
    await dialog.getByLabel('Admin token').fill(TOKEN);
    await dialog.getByRole('button', { name: 'Forget' }).click();
    await page.getByRole('button', { name: '10.0.0.1:2' }).first().waitFor({ state: 'detached' });
    expect(observer.table.entries().map(({ key }) => key)).toEqual(['a']);

    say('exit', 'a');
    await page.getByRole('button', { name: 'Forget /v1' }).click();
    await page.getByRole('heading', { name: 'No service has registered' }).waitFor();
    expect(observer.table.knows('/v1')).toBe(false);
  });

  it('shows how to set a token when the gateway has none', async () => {
    const { url, say } = await gateway({ access: access() });
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

  it('asks for the token first when the gateway requires it for reading', async () => {
    const { url, say } = await gateway({ access: access({ adminToken: TOKEN }, false) });
    say('register', 'a');
    const page = await open(url);
    await page.getByLabel('Admin token').fill('wrong-wrong-wrong-wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await shows(page, 'The gateway rejected this token.');
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.getByRole('button', { name: 'Open' }).click();
    await row(page, 1).waitFor();
  });

  it('explains the routing of a path, at a URL of its own', async () => {
    const { url, say, probed } = await gateway();
    say('register', 'a');
    const page = await open(url);
    await row(page, 1).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('/v1/generate');
    await page.keyboard.press('Enter');
    const verdict = page.getByRole('heading', { level: 1 });
    await verdict.getByText('to 1 of 1 instances of /v1').waitFor();
    probed('a', 'refused');
    await verdict.getByText('nowhere (503)').waitFor();
    await shows(page, 'its port refuses connections');
    expect(page.url()).toBe(`${url}#explain=%2Fv1%2Fgenerate`);
    await page.reload();
    await verdict.getByText('nowhere (503)').waitFor();
    await page.goBack();
    await row(page, 1).waitFor();
  });

  it('shows how the versions of a path are chosen, and to which it is mirrored', async () => {
    const mirror = { version: '1.5', share: 0.1 };
    const { url, say } = await gateway({}, { versions: { guarded: false, mirror } });
    say('register', 'a', { version: '1.5' });
    const page = await open(`${url}#explain=%2Fv1`);
    await page.getByRole('heading', { name: 'Route /v1' }).waitFor();
    await shows(page, 'not guarded; 10 % copied to 1.5');
  });

  it('explains a whole URL, with the versions that share its requests', async () => {
    const why = 'it was there first';
    const rollouts = {
      of: () => [{ version: '1.4', state: 'accepted' as const, why, instances: 1 }],
      decide: () => undefined,
      listen: () => () => {},
    };
    const { url, say } = await gateway({ rollouts });
    say('register', 'a', { version: '1.4' });
    const page = await open(`${url}#explain=${encodeURIComponent('http://localhost/v1/x')}`);
    await page.getByRole('heading', { name: 'http://localhost/v1/x goes' }).waitFor();
    await page.getByRole('heading', { name: 'Route /v1' }).waitFor();
    await shows(page, 'accepted: it was there first');
    await shows(page, 'Healthy, receives traffic, version 1.4');
  });

  it('shows when certificates expire', async () => {
    const certificate = { names: ['api.example.com'], source: 'file' as const, failures: 0 };
    const expiresAt = EPOCH + 90 * 86_400_000;
    const { url } = await gateway({ certificates: () => [{ ...certificate, expiresAt }] });
    const page = await open(url);
    await shows(page, 'api.example.com');
    await shows(page, /expires in \d+ d, from a file/);
  });

  it('shows the traffic of each instance, or that there was none', async () => {
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

  it('shows other gateways, and whether their tables agree', async () => {
    const { url, say, observer } = await gateway();
    say('register', 'a');
    observer.at(0).receive('rollcall', { nonce: 'x', digest: '', size: 0, from: 'rollcall-2' }, 0);
    const page = await open(url);
    const others = page.getByRole('region', { name: 'Gateways' });
    await others.getByText(/it lacked 1 entry/).waitFor();
  });

  it('shows announced values as text, never as HTML', async () => {
    const { url, say } = await gateway();
    const evil = '<img src=x onerror=alert(1)>';
    say('register', 'a', { name: evil, zone: evil });
    const page = await open(url);
    await shows(page, evil);
    expect(await page.locator('img').count()).toBe(0);
  });
});
