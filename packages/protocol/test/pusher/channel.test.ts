import { describe, expect, it } from 'vitest';
import {
  channelKind,
  isCacheChannel,
  isChannelName,
  isEncryptedChannel,
  isServerToUserChannel,
  isSocketId,
  serverToUserChannel,
} from '@rollcall/protocol/pusher';

describe('isChannelName', () => {
  it.each(['a', 'mapped-discovery', 'A-Za_z0=9@,.;', '-', 'a'.repeat(200)])(
    'accepts %j',
    (name) => {
      expect(isChannelName(name)).toBe(true);
    },
  );

  it.each([
    '',
    'a'.repeat(201),
    'a b',
    'a:b',
    'a/b',
    'a\n',
    'é',
    '#server-to-user-1',
    'a%20b',
    7,
    null,
    undefined,
    ['a'],
  ])('refuses %j', (name) => {
    expect(isChannelName(name)).toBe(false);
  });
});

describe('channelKind', () => {
  it.each([
    ['news', 'public'],
    ['private', 'public'],
    ['my-private-news', 'public'],
    ['private-news', 'private'],
    ['presence-news', 'presence'],
    ['cache-news', 'public'],
    ['private-cache-news', 'private'],
    ['private-encrypted-news', 'private'],
    ['private-encrypted-cache-news', 'private'],
    ['presence-cache-news', 'presence'],
    ['#server-to-user-7', 'public'],
    ['Presence-news', 'public'],
  ])('%s is %s', (name, kind) => {
    expect(channelKind(name)).toBe(kind);
  });
});

describe('isCacheChannel', () => {
  it.each(['cache-a', 'private-cache-a', 'private-encrypted-cache-a', 'presence-cache-a'])(
    '%s is a cache channel',
    (name) => {
      expect(isCacheChannel(name)).toBe(true);
    },
  );

  it.each(['cache', 'cached-a', 'my-cache-a', 'presence-a-cache-b', 'private-a', 'Cache-a'])(
    '%s is not a cache channel',
    (name) => {
      expect(isCacheChannel(name)).toBe(false);
    },
  );
});

describe('isEncryptedChannel', () => {
  it.each([
    ['private-encrypted-a', true],
    ['private-encrypted-cache-a', true],
    ['private-a', false],
    ['encrypted-a', false],
    ['presence-encrypted-a', false],
  ])('%s: %s', (name, isEncrypted) => {
    expect(isEncryptedChannel(name)).toBe(isEncrypted);
  });
});

describe('isServerToUserChannel', () => {
  it.each(['7', 'ann', 'a b/#é', 'x'.repeat(128)])('is the channel of user %j', (id) => {
    expect(isServerToUserChannel(serverToUserChannel(id))).toBe(true);
  });

  it.each(['#server-to-user-', `#server-to-user-${'x'.repeat(129)}`, '#other-a', 'a', 7])(
    'is not %j',
    (name) => {
      expect(isServerToUserChannel(name)).toBe(false);
    },
  );
});

describe('isSocketId', () => {
  it.each(['1.2', '0.0', '1234.1234', `${'9'.repeat(20)}.1`])('accepts %j', (id) => {
    expect(isSocketId(id)).toBe(true);
  });

  it.each([
    '',
    '1',
    '1.',
    '.1',
    '1.2.3',
    '1.2\n',
    'a.b',
    '1.2:private-a',
    `${'9'.repeat(21)}.1`,
    1.2,
  ])('refuses %j', (id) => {
    expect(isSocketId(id)).toBe(false);
  });
});
