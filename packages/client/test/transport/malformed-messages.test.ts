import { describe, expect, it } from 'vitest';
import { dropMalformed, isTooDeep } from '../../src/transport/malformed-messages.ts';

/** Whether pusher-js receives a message. */
function isReceived(message: unknown): boolean {
  let isCalled = false;
  const connection = { emit: () => (isCalled = true) };
  dropMalformed(connection);
  (connection as { emit: (event: string, message: unknown) => unknown }).emit('message', message);
  return isCalled;
}

const SUCCEEDED = 'pusher_internal:subscription_succeeded';

describe('a message', () => {
  it.each([
    { event: 'register', channel: 'mapped-discovery', data: null },
    { event: 'pusher:connection_established', data: { socket_id: '1.1' } },
    { event: 'pusher:error', data: { code: 4200 } },
    { event: 'pusher:subscription_error', channel: 'c', data: { type: 'AuthError', status: 401 } },
    { event: SUCCEEDED, channel: 'mapped-discovery', data: {} },
    { event: SUCCEEDED, channel: 'presence-a', data: { presence: { ids: [], hash: {} } } },
    { event: SUCCEEDED, channel: 'presence-a', data: { presence: { ids: [], hash: [] } } },
    { event: 'pusher_internal:member_added', channel: 'presence-a', data: { user_id: 'a' } },
  ])('is handed on: %j', (message) => {
    expect(isReceived(message)).toBe(true);
  });

  it.each([
    undefined,
    {},
    { event: 7 },
    { event: 'register', channel: 7 },
    { event: SUCCEEDED, channel: 'presence-a', data: {} },
    { event: SUCCEEDED, channel: 'presence-a', data: { presence: { hash: null } } },
    { event: 'pusher_internal:member_added', channel: 'presence-a', data: null },
    { event: 'pusher_internal:member_removed', channel: 'presence-a', data: 'a' },
    { event: 'pusher_internal:watchlist_events', data: {} },
    { event: 'pusher:constructor', data: {} },
    { event: 'pusher:subscription_error', channel: 'c', data: { error: { error: {} } } },
  ])('is dropped: %j', (message) => {
    expect(isReceived(message)).toBe(false);
  });
});

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const frame = (data: string): string => JSON.stringify({ event: 'table', data });

describe('a frame', () => {
  it.each<[what: string, text: string, isDropped: boolean]>([
    ['nested deep', nested(65), true],
    ['with data that is', frame(nested(65)), true],
    ['nested less', `{"event":"table","data":${nested(63)}}`, false],
    ['with much that is nested little', frame(`[${nested(5)},${'[],'.repeat(1000)}{}]`), false],
    ['with brackets in its text', frame(JSON.stringify({ name: '['.repeat(5000) })), false],
    ['that is no JSON', '['.repeat(5000), false],
  ])('is dropped only if it is nested deep: %s', (_what, text, isDropped) => {
    expect(isTooDeep(text)).toBe(isDropped);
  });
});
