import { describe, expect, it } from 'vitest';
import { channelKind, isChannelName, isSocketId } from '@rollcall/protocol/pusher';

describe('isChannelName', () => {
  it.each(['a', 'mapped-discovery', 'A-Za_z0=9@,.;', '-', 'a'.repeat(200)])('takes %j', (name) => {
    expect(isChannelName(name)).toBe(true);
  });

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
    ['Presence-news', 'public'],
  ])('%s is %s', (name, kind) => {
    expect(channelKind(name)).toBe(kind);
  });
});

describe('isSocketId', () => {
  it.each(['1.2', '0.0', '1234.1234', `${'9'.repeat(20)}.1`])('takes %j', (id) => {
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
