import { createBroker } from '@rollcall/broker';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../../test/support/free-port.js';
import { APP } from '../app/new-app.ts';

it('is 503 while the bus cannot be reached, and the broker serves its clients', async () => {
  const bus = { url: `redis://127.0.0.1:${await freePort()}` };
  const broker = await createBroker({ apps: [APP], bus });
  onTestFinished(() => broker.close());
  const status = async (path: string) => (await fetch(broker.url + path)).status;
  expect([await status('/ready'), await status('/up')]).toEqual([503, 200]);
});

it('is 200 without a bus', async () => {
  const broker = await createBroker({ apps: [APP] });
  onTestFinished(() => broker.close());
  expect((await fetch(`${broker.url}/ready`)).status).toBe(200);
});
