import { describe, expect, it } from 'vitest';
import { channelsOf, parsePresenceUserId, presenceUserId } from '@rollcall/protocol';

describe('channelsOf', () => {
  it.each([
    ['mapped-discovery', 'presence-mapped-discovery.', false, true],
    ['private-mapped-discovery', 'presence-mapped-discovery.', false, false],
    ['private-encrypted-mapped-discovery', 'presence-mapped-discovery.', true, false],
    ['a', 'presence-a.', false, true],
    ['encrypted-a', 'presence-encrypted-a.', false, true],
    ['A_b=c@d,e.f;g', 'presence-A_b=c@d,e.f;g.', false, true],
  ])('names the channels of %s', (registry, presencePrefix, isEncrypted, isPublic) => {
    const owners = `${registry}.owners`;
    expect(channelsOf(registry)).toEqual({
      registry,
      owners,
      presencePrefix,
      isEncrypted,
      isPublic,
    });
  });

  it.each([
    '',
    'private-',
    'private-encrypted-',
    'presence-a',
    'private-presence-a',
    'private-encrypted-presence-a',
    'cache-a',
    'private-cache-a',
    'private-encrypted-cache-a',
    '#a',
    'a b',
    'a/b',
    'ä',
    'a\n',
    'a'.repeat(91),
  ])('refuses %j in one line', (registry) => {
    const reason = channelsOf(registry);
    expect(reason).toMatch(/^the channel is .* it must be [^\n]*$/);
  });

  it('leaves room for the longest id in a channel name', () => {
    const channels = channelsOf(`private-encrypted-${'a'.repeat(90)}`);
    if (typeof channels === 'string') throw new Error(channels);
    // 164 is the limit of hosted Pusher.
    expect((channels.presencePrefix + 'i'.repeat(64)).length).toBeLessThanOrEqual(164);
    expect(channels.owners.length).toBeLessThanOrEqual(164);
  });
});

describe('the user_id of an instance', () => {
  it('contains its run', () => {
    const run = { id: 'a.b-c_1', inc: 1_700_000_000_000 };
    expect(presenceUserId(run)).toBe('a.b-c_1~1700000000000');
    expect(parsePresenceUserId(presenceUserId(run))).toEqual(run);
    const latest = { id: 'a', inc: Number.MAX_SAFE_INTEGER };
    expect(parsePresenceUserId(presenceUserId(latest))).toEqual(latest);
  });

  it.each([
    'observer',
    'a',
    'a~',
    'a~0',
    'a~01',
    'a~-1',
    'a~1.5',
    'a~1e3',
    'a~ 1',
    'a~1~2',
    'a~9007199254740992',
    'a~99999999999999999',
    '',
  ])('is not %j', (userId) => {
    expect(parsePresenceUserId(userId)).toBeUndefined();
  });
});
