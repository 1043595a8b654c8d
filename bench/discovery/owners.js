// Many owners in presence mode, cheaply: each has its presence channel and answers roll calls by the rule of
// production, and up to 1,000 share a connection. All announce one HTTP server.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connectionsOf, registryFromEnv } from '@rollcall/client';
import { Owner, presenceUserId } from '@rollcall/protocol';
import { channelStringToSign } from '@rollcall/protocol/pusher';
import { WebSocket } from 'ws';
import { createPublisher } from '../../packages/client/dist/transport/publisher.js';
import { loopbackAddress, tell } from './parts.js';

/** Less than the broker allows, with room for the owners' channel. */
const EACH = 900;

const [connection] = connectionsOf(registryFromEnv(process.env));
const { key, secret, channels } = connection;
const url = `ws://${process.env['PUSHER_HOST']}:${process.env['PUSHER_PORT']}/app/${key}?protocol=7`;
const publisher = createPublisher(connection);

const port = Number(process.env['UPSTREAM']);
const owners = Array.from(
  { length: Number(process.env['INSTANCES']) },
  (_, index) =>
    new Owner({
      prefix: '/bench',
      address: loopbackAddress(index),
      port,
      name: 'bench',
      version: '1.0.0',
      id: `owner-${index}`,
      inc: 1,
      seq: 0,
    }),
);
let answers = 0;
for (let at = 0; at < owners.length; at += EACH) await join(owners.slice(at, at + EACH));
process.on('message', () => tell({ answers }));
tell({});

/** @param {Owner[]} some */
async function join(some) {
  const socket = new WebSocket(url);
  const [greeting] = await once(socket, 'message');
  const { socket_id: socketId } = JSON.parse(JSON.parse(String(greeting)).data);

  /** @param {string} channel @param {string} [channelData] */
  function subscribe(channel, channelData) {
    const text = channelStringToSign(socketId, channel, channelData);
    const auth = `${key}:${createHmac('sha256', secret).update(text).digest('hex')}`;
    const data = { channel, auth, ...(channelData !== undefined && { channel_data: channelData }) };
    socket.send(JSON.stringify({ event: 'pusher:subscribe', data }));
  }

  let missing = some.length + 1;
  const joined = new Promise((resolve) => {
    socket.on('message', (/** @type {Buffer} */ text) => {
      const { event, data } = JSON.parse(String(text));
      if (event === 'pusher_internal:subscription_succeeded' && --missing === 0) resolve(undefined);
      if (event === 'rollcall') answer(some, JSON.parse(data));
      if (event === 'pusher:ping') socket.send(JSON.stringify({ event: 'pusher:pong', data: {} }));
    });
  });
  subscribe(channels.owners);
  for (const owner of some) {
    const { announcement } = owner;
    const member = { user_id: presenceUserId(announcement), user_info: announcement };
    subscribe(channels.presencePrefix + announcement.id, JSON.stringify(member));
  }
  await joined;
}

/** @param {Owner[]} some @param {{ digest: string, size: number }} rollCall */
function answer(some, rollCall) {
  for (const owner of some) {
    const wait = owner.answerAfter(rollCall, Math.random(), owner.announcement);
    if (wait === undefined) continue;
    answers++;
    setTimeout(() => {
      void publisher.publish(channels.registry, 'register', owner.announcement);
    }, wait);
  }
}
