import Echo from 'laravel-echo';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP, client, server } from './sdk.ts';

/** The part of Laravel Echo that the tests use. Its own types need those of browsers. */
interface EchoChannel {
  listen(event: string, callback: (data: never) => void): EchoChannel;
  listenForWhisper(event: string, callback: (data: never) => void): EchoChannel;
  subscribed(callback: () => void): EchoChannel;
  whisper(event: string, data: unknown): EchoChannel;
  here(callback: (members: never) => void): EchoChannel;
  joining(callback: (member: never) => void): EchoChannel;
  leaving(callback: (member: never) => void): EchoChannel;
}
interface EchoClient {
  channel(name: string): EchoChannel;
  private(name: string): EchoChannel;
  encryptedPrivate(name: string): EchoChannel;
  join(name: string): EchoChannel;
  leave(name: string): void;
  disconnect(): void;
}
const EchoClass = Echo as unknown as new (options: object) => EchoClient;

let broker: Broker;
let clients: EchoClient[];

beforeEach(async () => {
  clients = [];
  broker = await createBroker({ apps: [APP] });
});

afterEach(async () => {
  for (const each of clients) each.disconnect();
  await broker.close();
});

function echo(userId?: string): EchoClient {
  const pusher = client(broker, userId === undefined ? {} : { userId });
  const created = new EchoClass({ broadcaster: 'pusher', client: pusher, key: APP.key });
  clients.push(created);
  return created;
}

const ready = (channel: EchoChannel) =>
  new Promise<void>((resolve) => void channel.subscribed(resolve));
const heard = (channel: EchoChannel, event: string) =>
  new Promise((resolve) => void channel.listen(event, resolve));

it.each([
  ['channel', 'news', 'news'],
  ['private', 'news', 'private-news'],
  ['encryptedPrivate', 'news', 'private-encrypted-news'],
] as const)('listens by %s(%j)', async (method, name, channelName) => {
  const channel = echo()[method](name);
  await ready(channel);
  const event = heard(channel, '.greeting');
  await server(broker).trigger(channelName, 'greeting', { text: 'hello' });
  expect(await event).toEqual({ text: 'hello' });
});

it('whispers', async () => {
  const [one, two] = [echo().private('news'), echo().private('news')];
  await Promise.all([ready(one), ready(two)]);
  const whispered = new Promise((resolve) => void two.listenForWhisper('typing', resolve));
  one.whisper('typing', { at: 3 });
  expect(await whispered).toEqual({ at: 3 });
});

it('lists members, and sees them join and leave', async () => {
  const room = echo('ann').join('room');
  const here = await new Promise((resolve) => void room.here(resolve));
  expect(here).toEqual([{ name: 'I am ann' }]);

  const joining = new Promise((resolve) => void room.joining(resolve));
  const bob = echo('bob');
  bob.join('room');
  expect(await joining).toEqual({ name: 'I am bob' });

  const leaving = new Promise((resolve) => void room.leaving(resolve));
  bob.leave('room');
  expect(await leaving).toEqual({ name: 'I am bob' });
});
