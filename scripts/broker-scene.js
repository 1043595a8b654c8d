// What a broker's dashboard shows in the pictures of `npm run screenshots`: two nodes of a cluster, with clients that come, write
// and are refused, a publisher, and a webhook.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Pusher from 'pusher';
import { WebSocket } from 'ws';
import { startRedis } from '../bench/cluster/soak/nodes.js';

const APP = { appId: '1', key: 'key-of-the-pictures', secret: 'secret-of-the-pictures' };
const MEMBERS = 11;
const EVERY_MS = 700;

/** @typedef {(args: string[]) => Promise<{ port: number, adminUrl: string }>} StartBroker */

/**
 * Starts it. `startBroker` starts `rollcall broker` with these arguments.
 * @param {string} scratch
 * @param {StartBroker} startBroker
 */
export async function brokerScene(scratch, startBroker) {
  const redis = await startRedis();
  const hook = createServer((_request, response) => response.end());
  await once(hook.listen(0, '127.0.0.1').unref(), 'listening');
  const address = hook.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const file = join(scratch, 'broker.json');
  const apps = [{ ...APP, webhooks: [{ url }] }];
  writeFileSync(file, JSON.stringify({ apps, bus: { url: redis.bus } }));
  const nodes = await Promise.all(
    [0, 1].map(() => startBroker(['--config', file, '--port', '0', '--admin-port', '0'])),
  );
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('there are two nodes');
  const clients = Array.from({ length: MEMBERS }, (_, index) =>
    member(index % 2 === 0 ? first.port : second.port, `user-${index}`),
  );
  const publisher = new Pusher({ ...APP, host: '127.0.0.1', port: String(first.port) });
  const timer = setInterval(() => void happen(first.port, clients, publisher), EVERY_MS);
  return {
    adminUrl: first.adminUrl,
    end: () => {
      clearInterval(timer);
      for (const client of clients) client.disconnect();
      hook.close();
      redis.end();
    },
  };
}

/**
 * @param {number} port
 * @param {ReturnType<typeof member>[]} clients
 * @param {Pusher} publisher
 */
async function happen(port, clients, publisher) {
  clients[0]?.say('client-typing', 'presence-lobby', { isTyping: true });
  await publisher.trigger(['news', 'weather'], 'headline', { text: 'Trains are late' });
  await publisher.trigger('private-orders', 'created', { id: 4711, total: '12.50' });
  const stranger = member(port, 'stranger', 'another-secret');
  setTimeout(() => stranger.disconnect(), EVERY_MS);
}

/**
 * @param {number} port
 * @param {string} userId
 */
function member(port, userId, secret = APP.secret) {
  const signer = new Pusher({ ...APP, secret, host: '127.0.0.1' });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/app/${APP.key}?protocol=7`);
  const channels = secret === APP.secret ? ['presence-lobby', 'news'] : ['private-orders'];
  /** @param {object} frame */
  const send = (frame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  socket.on('error', () => {});
  socket.on('message', (/** @type {Buffer} */ text) => {
    const { event, data } = JSON.parse(text.toString());
    if (event !== 'pusher:connection_established') return;
    const { socket_id: socketId } = JSON.parse(data);
    for (const channel of channels) {
      const user = channel.startsWith('presence-') ? { user_id: userId } : undefined;
      const auth = channel === 'news' ? {} : signer.authorizeChannel(socketId, channel, user);
      send({ event: 'pusher:subscribe', data: { channel, ...auth } });
    }
  });
  return {
    /** @param {string} event @param {string} channel @param {object} data */
    say: (event, channel, data) => send({ event, channel, data }),
    disconnect: () => socket.close(),
  };
}
