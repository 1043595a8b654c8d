import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { connectedClient } from '../raw-client.ts';
import { APP } from '../sdk.ts';

/** A number each that JSON.parse changes. */
const JSON_TEXT = '{"id":1524831183200260097,"p":1.0,"e":1e400, "z":-0}';
const ROOM = 'presence-room';

let broker: Broker;
beforeEach(async () => {
  broker = await createBroker({ apps: [APP] });
});
afterEach(() => broker.close());

const sign = (text: string) =>
  `${APP.key}:${createHmac('sha256', APP.secret).update(text).digest('hex')}`;

/** A client in the room, and the next frame that it is sent as it comes. */
async function member(channelData: string) {
  const client = await connectedClient(broker);
  const nextText = once(client.socket, 'message').then(([data]) => String(data));
  const auth = sign(`${client.socketId}:${ROOM}:${channelData}`);
  client.say('pusher:subscribe', { channel: ROOM, auth, channel_data: channelData });
  const succeeded = await nextText;
  return { client, succeeded };
}

const dataOf = (frame: string) => (JSON.parse(frame) as { data: string }).data;

it('numbers of a client reach the others as it wrote them', async () => {
  const ann = await member('{"user_id":1}');
  const joined = once(ann.client.socket, 'message').then(([data]) => String(data));
  const bob = await member(`{"user_id":1524831183200260097,"user_info":${JSON_TEXT}}`);
  const memberAdded = `{"user_id":"1524831183200260097","user_info":${JSON_TEXT}}`;
  expect(dataOf(await joined)).toBe(memberAdded);
  expect(dataOf(bob.succeeded)).toContain(`"1524831183200260097":${JSON_TEXT}`);

  const event = once(ann.client.socket, 'message').then(([data]) => String(data));
  bob.client.socket.send(`{"event":"client-a","channel":"${ROOM}","data":${JSON_TEXT}}`);
  expect(dataOf(await event)).toBe(JSON_TEXT);
});

it('numbers of a signed-in user reach the members of a channel that it joins', async () => {
  const client = await connectedClient(broker);
  const userData = `{"id":"ann","user_info":${JSON_TEXT},"watchlist":[1,2]}`;
  const auth = sign(`${client.socketId}::user::${userData}`);
  client.say('pusher:signin', { auth, user_data: userData });
  expect(await client.next()).toMatchObject({ event: 'pusher:signin_success' });
  expect(await client.next()).toMatchObject({ data: expect.stringContaining('["1","2"]') });
  const frame = once(client.socket, 'message').then(([data]) => String(data));
  client.say('pusher:subscribe', { channel: ROOM, auth: sign(`${client.socketId}:${ROOM}`) });
  expect(dataOf(await frame)).toContain(`"ann":${JSON_TEXT}`);
});
