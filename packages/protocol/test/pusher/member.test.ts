import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMember } from '@rollcall/protocol/pusher';

describe('parseMember', () => {
  it.each([
    ['{"user_id":"ann"}', { userId: 'ann', userInfoJson: 'null' }],
    ['{"user_id":10,"user_info":{"name":"x"}}', { userId: '10', userInfoJson: '{"name":"x"}' }],
    ['{"user_id":0}', { userId: '0', userInfoJson: 'null' }],
    [`{"user_id":"${'é'.repeat(128)}"}`, { userId: 'é'.repeat(128), userInfoJson: 'null' }],
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
    '{"user_id":""}',
    `{"user_id":"${'a'.repeat(129)}"}`,
  ])('refuses %s', (text) => {
    expect(parseMember(text)).toEqual(expect.stringContaining('user_id'));
  });

  it.each([
    ['1524831183200260097', '{ "p":1.0, "e" : 1e400 }'],
    ['1e999', '[1.50,-0,{"a":"\\"}]","b":",:{"}]'],
    ['1.0', '"\\u0041"'],
  ])('keeps the id %s and the info %s as they were written', (id, info) => {
    const text = `{"user_info": 1 ,"user_id": ${id},"\\u0075ser_info": ${info} }`;
    expect(parseMember(text)).toEqual({ userId: id, userInfoJson: info });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseMember(text);
      }),
    );
  });
});
