import { expect, it } from 'vitest';
import { channelsOf } from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';
import { openEvent, openMember, ownerIdentity, sealEvent } from '../../src/transport/presence.ts';
import { channelKey } from '../../src/transport/seal.ts';

const channels = channelsOf('private-encrypted-x') as Channels;
const masterKey = Buffer.alloc(32, 7).toString('base64');
const whole = { channels, masterKey };
const CHANNEL = 'presence-x.a';

it('reads the one channel of an encrypted registry whose key an auth server has given', () => {
  const envelope = { event: 'table', channel: CHANNEL };
  const sealed = sealEvent(whole, envelope, { up: [] });
  const given = { channels, channelKeys: new Map([[CHANNEL, channelKey(CHANNEL, masterKey)]]) };
  expect(openEvent(given, envelope, sealed)).toEqual({ up: [] });
  const other = { event: 'table', channel: 'presence-x.b' };
  expect(openEvent(given, other, sealEvent(whole, other, { up: [] }))).toBeUndefined();
  // Only what is sealed counts, also before there is a key.
  expect(openEvent({ channels }, envelope, { up: [] })).toBeUndefined();
});

it('opens a member by the key of its channel', () => {
  const announcement = { prefix: '/v1', address: '10.0.0.1', port: 80, id: 'a', inc: 1, seq: 0 };
  const { user_id: userId, user_info: userInfo } = ownerIdentity(whole, announcement);
  const given = { channels, channelKeys: new Map([[CHANNEL, channelKey(CHANNEL, masterKey)]]) };
  expect(openMember(given, 'a', { userId, userInfo })).toEqual({ userId, userInfo: announcement });
  expect(openMember({ channels }, 'a', { userId, userInfo }).userInfo).toBeUndefined();
});
