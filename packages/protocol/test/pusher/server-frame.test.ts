import { describe, expect, it } from 'vitest';
import {
  cacheMissFrame,
  channelEventFrame,
  connectionEstablishedFrame,
  errorFrame,
  memberAddedFrame,
  memberRemovedFrame,
  PING_FRAME,
  PONG_FRAME,
  signinSuccessFrame,
  subscriptionCountFrame,
  subscriptionErrorFrame,
  subscriptionSucceededFrame,
  watchlistFrame,
} from '@rollcall/protocol/pusher';

describe('frames of the server', () => {
  it.each([
    [
      connectionEstablishedFrame('1.2', 120),
      String.raw`{"event":"pusher:connection_established","data":"{\"socket_id\":\"1.2\",\"activity_timeout\":120}"}`,
    ],
    [errorFrame('no', 4001), '{"event":"pusher:error","data":{"message":"no","code":4001}}'],
    [errorFrame('no'), '{"event":"pusher:error","data":{"message":"no","code":null}}'],
    [PING_FRAME, '{"event":"pusher:ping","data":"{}"}'],
    [PONG_FRAME, '{"event":"pusher:pong","data":"{}"}'],
    [
      subscriptionSucceededFrame('a', undefined),
      '{"event":"pusher_internal:subscription_succeeded","channel":"a","data":"{}"}',
    ],
    [
      subscriptionErrorFrame('private-a', 'AuthError', 'no', 401),
      String.raw`{"event":"pusher:subscription_error","channel":"private-a","data":"{\"type\":\"AuthError\",\"error\":\"no\",\"status\":401}"}`,
    ],
    [
      memberAddedFrame('presence-a', { userId: '1', userInfoJson: '{"name":"x"}' }),
      String.raw`{"event":"pusher_internal:member_added","channel":"presence-a","data":"{\"user_id\":\"1\",\"user_info\":{\"name\":\"x\"}}"}`,
    ],
    [
      memberRemovedFrame('presence-a', '1'),
      String.raw`{"event":"pusher_internal:member_removed","channel":"presence-a","data":"{\"user_id\":\"1\"}"}`,
    ],
    [
      subscriptionCountFrame('a', 3),
      String.raw`{"event":"pusher_internal:subscription_count","channel":"a","data":"{\"subscription_count\":3}"}`,
    ],
    [cacheMissFrame('cache-a'), '{"event":"pusher:cache_miss","channel":"cache-a"}'],
    [
      signinSuccessFrame('{"id":"7"}'),
      String.raw`{"event":"pusher:signin_success","data":"{\"user_data\":\"{\\\"id\\\":\\\"7\\\"}\"}"}`,
    ],
    [
      watchlistFrame(['a'], ['b', 'c']),
      String.raw`{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"online\",\"user_ids\":[\"a\"]},{\"name\":\"offline\",\"user_ids\":[\"b\",\"c\"]}]}"}`,
    ],
    [
      watchlistFrame([], ['b']),
      String.raw`{"event":"pusher_internal:watchlist_events","data":"{\"events\":[{\"name\":\"offline\",\"user_ids\":[\"b\"]}]}"}`,
    ],
    [
      channelEventFrame('a', 'greeting', '{"b":1}'),
      String.raw`{"event":"greeting","channel":"a","data":"{\"b\":1}"}`,
    ],
    [
      channelEventFrame('presence-a', 'client-a', 'text', '1'),
      '{"event":"client-a","channel":"presence-a","data":"text","user_id":"1"}',
    ],
  ])('%s', (frame, expected) => {
    expect(frame).toBe(expected);
  });

  it('list members in order, even if their ids are numbers', () => {
    const frame = JSON.parse(
      subscriptionSucceededFrame('presence-a', [
        { userId: 'b', userInfoJson: '{"name":"x"}' },
        { userId: '__proto__', userInfoJson: 'null' },
        { userId: '10', userInfoJson: '"y"' },
      ]),
    ) as { data: string };
    expect(frame.data).toContain('"ids":["b","__proto__","10"]');
    expect(frame.data).toContain('"__proto__":null');
    expect(JSON.parse(frame.data)).toMatchObject({
      presence: { count: 3, hash: { b: { name: 'x' }, 10: 'y' } },
    });
  });
});
