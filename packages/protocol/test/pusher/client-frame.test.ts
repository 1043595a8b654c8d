import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientFrame } from '@rollcall/protocol/pusher';

const parse = (frame: unknown) => parseClientFrame(JSON.stringify(frame));

describe('parseClientFrame', () => {
  it.each([
    [
      'a public subscription, as pusher-js sends it',
      { event: 'pusher:subscribe', data: { auth: '', channel: 'news' } },
      { type: 'subscribe', channel: 'news', auth: '', channelData: undefined },
    ],
    [
      'a presence subscription',
      {
        event: 'pusher:subscribe',
        data: { auth: 'k:s', channel: 'presence-a', channel_data: '{"user_id":1}' },
      },
      { type: 'subscribe', channel: 'presence-a', auth: 'k:s', channelData: '{"user_id":1}' },
    ],
    [
      'fields that are null or empty as if they were not there',
      { event: 'pusher:subscribe', data: { auth: null, channel: 'news', channel_data: '' } },
      { type: 'subscribe', channel: 'news', auth: '', channelData: undefined },
    ],
    [
      'unsubscribe',
      { event: 'pusher:unsubscribe', data: { channel: 'news' } },
      { type: 'unsubscribe', channel: 'news' },
    ],
    [
      'a subscription to the channel of a user',
      { event: 'pusher:subscribe', data: { auth: '', channel: '#server-to-user-7' } },
      { type: 'subscribe', channel: '#server-to-user-7', auth: '', channelData: undefined },
    ],
    [
      'a sign-in',
      { event: 'pusher:signin', data: { auth: 'k:s', user_data: '{"id":"7"}' } },
      { type: 'signin', auth: 'k:s', userData: '{"id":"7"}' },
    ],
    ['ping', { event: 'pusher:ping', data: {} }, { type: 'ping' }],
    ['a ping without data', { event: 'pusher:ping' }, { type: 'ping' }],
    ['pong', { event: 'pusher:pong', data: {} }, { type: 'pong' }],
    [
      'a client event; its object becomes text',
      { event: 'client-a', channel: 'private-a', data: { b: 1 } },
      { type: 'client-event', event: 'client-a', channel: 'private-a', data: '{"b":1}' },
    ],
    [
      'a client event whose data is text already',
      { event: 'client-a', channel: 'private-a', data: '{"b":1}' },
      { type: 'client-event', event: 'client-a', channel: 'private-a', data: '{"b":1}' },
    ],
    [
      'a client event without data',
      { event: 'client-a', channel: 'private-a' },
      { type: 'client-event', event: 'client-a', channel: 'private-a', data: 'null' },
    ],
  ])('reads %s', (_name, frame, expected) => {
    expect(parse(frame)).toEqual(expected);
  });

  it.each([
    ['null', null, /JSON object/],
    ['a list', [], /JSON object/],
    ['no event', {}, /JSON object/],
    ['an event that is no text', { event: 1 }, /JSON object/],
    ['subscribe without data', { event: 'pusher:subscribe' }, /needs data/],
    ['data as text', { event: 'pusher:subscribe', data: '{"channel":"a"}' }, /needs data/],
    ['no channel', { event: 'pusher:subscribe', data: {} }, /channel is missing/],
    ['a bad channel', { event: 'pusher:subscribe', data: { channel: 'a b' } }, /channel is "a b"/],
    [
      'auth that is no text',
      { event: 'pusher:subscribe', data: { channel: 'a', auth: 1 } },
      /must be strings/,
    ],
    [
      'channel_data that is no text',
      { event: 'pusher:subscribe', data: { channel: 'a', channel_data: {} } },
      /must be strings/,
    ],
    ['unsubscribe without data', { event: 'pusher:unsubscribe' }, /needs data/],
    [
      'unsubscribe without channel',
      { event: 'pusher:unsubscribe', data: {} },
      /channel is missing/,
    ],
    ['a sign-in without data', { event: 'pusher:signin' }, /needs data/],
    [
      'a sign-in as no one',
      { event: 'pusher:signin', data: { auth: 'k:s', user_data: { id: '7' } } },
      /must be strings/,
    ],
    [
      'another channel of the server',
      { event: 'pusher:subscribe', data: { channel: '#other' } },
      /channel is "#other"/,
    ],
    [
      'a client event for the channel of a user',
      { event: 'client-a', channel: '#server-to-user-7' },
      /channel is "#server/,
    ],
    ['an event of the broker', { event: 'pusher:error', data: {} }, /"pusher:error" is not one/],
    [
      'an internal event',
      { event: 'pusher_internal:member_added', channel: 'private-a' },
      /"pusher_internal:member_added" is not one/,
    ],
    ['any other event', { event: 'greeting', channel: 'private-a' }, /start with "client-"/],
    ['a client event without channel', { event: 'client-a', data: {} }, /channel is missing/],
  ])('refuses %s', (_name, frame, message) => {
    expect(parse(frame)).toEqual({ type: 'malformed', message: expect.stringMatching(message) });
  });

  it.each(['', '{', 'hello', '{"event":', '\u0000'])(
    'refuses text that is not JSON: %j',
    (text) => {
      expect(parseClientFrame(text).type).toBe('malformed');
    },
  );

  it('accepts an event name of up to 200 characters', () => {
    const event = `client-${'a'.repeat(193)}`;
    expect(parse({ event, channel: 'private-a' }).type).toBe('client-event');
    expect(parse({ event: `${event}a`, channel: 'private-a' }).type).toBe('malformed');
  });

  it.each([
    '{"id":1524831183200260097,"p":1.0,"e":1e400}',
    '-0',
    '{ "a" : [ 1E2 , "\\u0041\\"}" ] }',
    '['.repeat(30_000) + ']'.repeat(30_000),
  ])('keeps data as it was written', (data) => {
    const text = `{"event":"client-a", "data":1, "channel":"private-a" , "data": ${data} }`;
    expect(parseClientFrame(text)).toMatchObject({ type: 'client-event', data });
  });

  it('never throws, and says what is wrong in one printable line, for any JSON', () => {
    const event = fc.oneof(
      fc.constantFrom(
        'pusher:subscribe',
        'pusher:unsubscribe',
        'pusher:signin',
        'pusher:ping',
        'client-a',
      ),
      fc.string(),
    );
    const field = fc.oneof(fc.jsonValue(), fc.constant('private-a'));
    const data = fc.record({ channel: field, auth: field, channel_data: field, user_data: field });
    const frame = fc.record(
      { event, channel: field, data: fc.oneof(data, fc.jsonValue()) },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      frame.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const parsed = parseClientFrame(input);
        if (parsed.type === 'malformed') expect(parsed.message).toMatch(/^[^\p{Cc}]{10,400}$/u);
      }),
      { numRuns: 2_000 },
    );
  });
});
