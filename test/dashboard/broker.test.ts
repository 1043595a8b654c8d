import { createBroker } from '@rollcall/broker';
import type { BrokerOptions } from '@rollcall/broker';
import { dashboardFolder } from '@rollcall/dashboard';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { APP, client, subscribed } from '../../packages/broker/test/sdk.ts';
import { hasChromium, shows, useBrowser } from './page.ts';

const { open } = useBrowser();
const TOKEN = 'a-token-of-enough-length';
/** The name of a user that would run a script, and reverse the text after it. */
const HOSTILE = '<img src=x onerror=alert(1)>\u202Ex';

async function start(options: Pick<BrokerOptions, 'adminToken'> = { adminToken: TOKEN }) {
  const broker = await createBroker({
    apps: [APP],
    adminPort: 0,
    dashboard: dashboardFolder,
    ...options,
  });
  onTestFinished(() => broker.close());
  const connect = (userId: string) => {
    const created = client(broker, { userId });
    onTestFinished(() => created.disconnect());
    return created;
  };
  return { broker, connect, url: `${broker.adminUrl}/` };
}

const log = (page: Page) => page.getByRole('list', { name: 'Events, newest first' });

describe.skipIf(!hasChromium)('the dashboard of a broker', () => {
  it('asks for the token, and shows channels, members and connections', async () => {
    const { url, connect } = await start();
    await subscribed(connect(HOSTILE), 'presence-room');
    const page = await open(url);
    await page.getByRole('heading', { name: 'This broker requires an admin token' }).waitFor();
    await page.getByLabel('Admin token').fill(TOKEN);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('link', { name: 'Channels' }).click();
    await page.getByRole('button', { name: 'Members of presence-room' }).click();
    await shows(page, HOSTILE.replace('\u202E', String.raw`\u202E`));
    await page.getByRole('link', { name: 'Connections' }).click();
    await shows(page, '1 connection');
  });

  it('shows events while they happen, by a filter, and sends one', async () => {
    const { url, connect } = await start();
    const page = await open(`${url}#token=${TOKEN}`);
    await shows(page, /Waiting for events/);
    const channel = await subscribed(connect('ann'), 'presence-room');
    await log(page).getByText('subscribed').waitFor();
    const heard = new Promise((resolve) => void channel.bind('greeting', resolve));
    await page.getByLabel('Channel', { exact: true }).fill('presence-room');
    await page.getByLabel('Event', { exact: true }).fill('greeting');
    await page.getByRole('textbox', { name: 'Data' }).fill('{"text":"hello"}');
    await page.getByRole('button', { name: 'Send' }).click();
    expect(await heard).toEqual({ text: 'hello' });
    await log(page).getByText('{"text":"hello"}').waitFor();
    await page.getByLabel(/Filter events/).fill('no-such-channel');
    await shows(page, /Waiting for events/);
    await subscribed(connect('bob'), 'presence-room');
    await shows(page, '2');
    expect(await log(page).getByRole('listitem').count()).toBe(0);
  });

  it('can be read without a token on loopback, and says how to set one', async () => {
    const { url } = await start({});
    const page = await open(url);
    await shows(page, /started without an admin token/);
  });
});
