import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUser } from '@rollcall/protocol/pusher';

describe('parseUser', () => {
  it.each([
    ['{"id":"ann"}', { id: 'ann', infoJson: 'null', watchlist: [] }],
    [
      '{"id":"ann","user_info":{"name":"Ann"},"watchlist":["bob","eve","bob"]}',
      { id: 'ann', infoJson: '{"name":"Ann"}', watchlist: ['bob', 'eve'] },
    ],
    [`{"id":"${'é'.repeat(128)}"}`, { id: 'é'.repeat(128), infoJson: 'null', watchlist: [] }],
  ])('reads %s', (text, user) => {
    expect(parseUser(text)).toEqual(user);
  });

  it.each(['', 'ann', 'null', '[]', '{}', '{"id":7}', '{"id":""}', `{"id":"${'a'.repeat(129)}"}`])(
    'refuses %s, which pusher-js does not accept',
    (text) => {
      expect(parseUser(text)).toMatch(/an id of 1 to 128/);
    },
  );

  it.each(['"bob"', '[null]', '[""]', '{}', `["${'a'.repeat(129)}"]`])(
    'refuses the watchlist %s',
    (watchlist) => {
      expect(parseUser(`{"id":"ann","watchlist":${watchlist}}`)).toMatch(/list of user ids/);
    },
  );

  it('takes numbers in a watchlist as the texts that they are', () => {
    const text = '{"id":"ann","user_info":1.0,"watchlist":[1, 2,"1",1524831183200260097 ]}';
    const watchlist = ['1', '2', '1524831183200260097'];
    expect(parseUser(text)).toEqual({ id: 'ann', infoJson: '1.0', watchlist });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseUser(text);
      }),
    );
  });
});
