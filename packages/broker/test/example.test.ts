import { createBroker } from '@rollcall/broker';
import Pusher from 'pusher';
import { expect, it } from 'vitest';

it('needs no hosted account', async () => {
  const app = { appId: '1', key: 'key', secret: 'secret' };
  const broker = await createBroker({ apps: [app] });
  const at = { host: broker.host, port: String(broker.port), useTLS: false };
  const pusher = new Pusher({ ...app, ...at });
  expect((await pusher.trigger('news', 'greeting', { text: 'hello' })).status).toBe(200);
  await broker.close();
});
