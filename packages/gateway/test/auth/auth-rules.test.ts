import { describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf } from '@rollcall/client';
import {
  AUTH_PATHS,
  AUTH_WINDOW_S,
  channelsOf,
  encodeAnnouncement,
  idWithKey,
} from '@rollcall/protocol';
import type { Announcement, Channels } from '@rollcall/protocol';
import { Signer } from '../../../client/src/trust/signer.ts';
import { proofOf } from '../../../../test/support/auth.ts';
import { AuthRules } from '../../src/auth/auth-rules.ts';

const OWNER = generateServiceKey();
const OTHER = generateServiceKey();
const STRANGER = generateServiceKey();
const NOW = 1_800_000_000_000;
const CHANNELS = channelsOf('private-mapped-discovery') as Channels;
const rules = new AuthRules({
  channels: CHANNELS,
  owners: {
    '/v1': [{ key: publicKeyOf(OWNER) }],
    '/v2': [{ key: publicKeyOf(OTHER) }],
    '/old': [{ key: publicKeyOf(STRANGER), until: NOW }],
  },
  now: () => NOW,
});

const ID = idWithKey('a', publicKeyOf(OWNER));
const ANNOUNCEMENT = { prefix: '/v1', address: '10.0.0.1', port: 80, id: ID, inc: 1, seq: 0 };

/** An announcement as the holder of a key signs it. */
function signed(
  change: object = {},
  { key = OWNER, left = false, registry = CHANNELS.registry } = {},
): Record<string, unknown> {
  const announcement = { ...ANNOUNCEMENT, ...change } as Announcement;
  const signer = Signer.of({ serviceKey: key });
  return encodeAnnouncement(signer?.sign(registry, { announcement, left }) ?? announcement);
}

/** The code by which something is refused, or what is granted. */
function codeOf(decide: () => unknown): unknown {
  try {
    return decide();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

describe('the sender of a request', () => {
  const [path, body] = [AUTH_PATHS.announce, '{"a":1}'];
  const seconds = NOW / 1000;
  const sender = (proof: string, at: string = path, of = body) =>
    codeOf(() => rules.sender(proof, at, of));

  it('is the key that has signed it', () => {
    expect(sender(proofOf(OWNER, path, body, seconds))).toBe(publicKeyOf(OWNER));
    for (const off of [-AUTH_WINDOW_S, AUTH_WINDOW_S])
      expect(sender(proofOf(OWNER, path, body, seconds + off))).toBe(publicKeyOf(OWNER));
  });

  it.each([
    ['without a proof', '', 'proof-needed'],
    ['with a token', 'Bearer abc', 'proof-needed'],
    ['too early', proofOf(OWNER, path, body, seconds - AUTH_WINDOW_S - 1), 'proof-expired'],
    ['too late', proofOf(OWNER, path, body, seconds + AUTH_WINDOW_S + 1), 'proof-expired'],
    [
      'of a key that owns nothing',
      proofOf(generateServiceKey(), path, body, seconds),
      'unknown-key',
    ],
    ['of a key that has expired', proofOf(STRANGER, path, body, seconds), 'unknown-key'],
    ['of another body', proofOf(OWNER, path, '{"a":2}', seconds), 'bad-proof'],
    ['of another path', proofOf(OWNER, AUTH_PATHS.channel, body, seconds), 'bad-proof'],
    [
      'of another time',
      proofOf(OWNER, path, body, seconds).replace(`time=${seconds}`, `time=${seconds + 1}`),
      'bad-proof',
    ],
    [
      'by another key',
      proofOf(OTHER, path, body, seconds).replace(publicKeyOf(OTHER), publicKeyOf(OWNER)),
      'bad-proof',
    ],
  ])('is refused %s', (_what, proof, code) => {
    expect(sender(proof)).toBe(code);
  });
});

describe('the holder of a key', () => {
  const key = publicKeyOf(OWNER);
  const publish = (announcement: object, event: unknown = 'register') =>
    codeOf(() => rules.event(key, { event, announcement }));
  const subscribe = (channel: unknown, announcement?: object) =>
    codeOf(() =>
      rules.subscription(key, { socket_id: '1.2', channel_name: channel, announcement }),
    );

  it('publishes announcements and exits of its prefix', () => {
    expect(publish(signed())).toMatchObject({ event: 'register', announcement: { id: ID } });
    expect(publish(signed({ prefix: '/v1/below' }))).toMatchObject({ event: 'register' });
    expect(publish(signed({}, { left: true }), 'exit')).toMatchObject({ event: 'exit' });
  });

  it.each([
    ['under the prefix of another', signed({ prefix: '/v2' }), 'register', 'not-allowed'],
    ['under a prefix without owners', signed({ prefix: '/v3' }), 'register', 'not-allowed'],
    ['under the root', signed({ prefix: '/' }), 'register', 'not-allowed'],
    ['without a signature', ANNOUNCEMENT, 'register', 'not-allowed'],
    ['that was changed', { ...signed(), port: 81 }, 'register', 'not-allowed'],
    ['as an exit', signed(), 'exit', 'not-allowed'],
    ['from an exit', signed({}, { left: true }), 'register', 'not-allowed'],
    ['of another registry', signed({}, { registry: 'other' }), 'register', 'not-allowed'],
    [
      'of an instance of another key',
      signed({ prefix: '/v2', id: idWithKey('a', publicKeyOf(OTHER)) }, { key: OTHER }),
      'register',
      'not-allowed',
    ],
    ['as a table', signed(), 'table', 'bad-request'],
    ['as a roll call', signed(), 'rollcall', 'bad-request'],
    [
      'without an id',
      { prefix: '/v1', address: '10.0.0.1', port: 80 },
      'register',
      'bad-announcement',
    ],
    ['that is none', [], 'register', 'bad-announcement'],
  ])('publishes nothing %s', (_what, announcement, event, code) => {
    expect(publish(announcement, event)).toBe(code);
  });

  it('subscribes to roll calls and to the channel of its instance', () => {
    expect(subscribe(CHANNELS.owners)).toEqual({
      socketId: '1.2',
      channelName: CHANNELS.owners,
      announcement: undefined,
    });
    expect(subscribe(CHANNELS.presencePrefix + ID, signed())).toMatchObject({
      announcement: { id: ID, prefix: '/v1' },
    });
  });

  it.each([
    ['the registry', CHANNELS.registry, signed(), 'not-allowed'],
    ['the registry without an announcement', CHANNELS.registry, undefined, 'bad-announcement'],
    ['another private channel', 'private-payroll', signed(), 'not-allowed'],
    ['the channel of another instance', `${CHANNELS.presencePrefix}b`, signed(), 'not-allowed'],
    [
      'its channel without an announcement',
      CHANNELS.presencePrefix + ID,
      undefined,
      'bad-announcement',
    ],
    [
      'its channel with an exit',
      CHANNELS.presencePrefix + ID,
      signed({}, { left: true }),
      'not-allowed',
    ],
    ['no channel', undefined, signed(), 'not-allowed'],
  ])('does not subscribe to %s', (_what, channel, announcement, code) => {
    expect(subscribe(channel, announcement)).toBe(code);
  });

  it.each(['', '1', '1.2:private-payroll', 7, undefined])(
    'names a connection, and not %j',
    (id) => {
      const fields = { socket_id: id, channel_name: CHANNELS.owners };
      expect(codeOf(() => rules.subscription(key, fields))).toBe('bad-request');
    },
  );
});
