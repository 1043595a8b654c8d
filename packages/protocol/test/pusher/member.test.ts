import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMember } from '@rollcall/protocol/pusher';

describe('parseMember', () => {
  it.each([
    ['{"user_id":"ann"}', { userId: 'ann', userInfo: null }],
    ['{"user_id":10,"user_info":{"name":"x"}}', { userId: '10', userInfo: { name: 'x' } }],
    ['{"user_id":0}', { userId: '0', userInfo: null }],
    [`{"user_id":"${'é'.repeat(128)}"}`, { userId: 'é'.repeat(128), userInfo: null }],
  ])('reads %s', (text, member) => {
    expect(parseMember(text)).toEqual(member);
  });

  it.each([
    '',
    'ann',
    'null',
    '[]',
    '{}',
    '{"user_id":null}',
    '{"user_id":{}}',
    '{"user_id":1e999}',
    '{"user_id":""}',
    `{"user_id":"${'a'.repeat(129)}"}`,
  ])('refuses %s', (text) => {
    expect(parseMember(text)).toEqual(expect.stringContaining('user_id'));
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseMember(text);
      }),
    );
  });
});
