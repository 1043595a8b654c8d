import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RespError, RespParser } from '../../../../src/cluster/bus/redis/resp-parser.ts';
import { ProtocolError } from '../../../../src/cluster/bus/protocol-error.ts';
import type { RespValue } from '../../../../src/cluster/bus/redis/resp-parser.ts';

/** What is read from bytes that arrive in chunks of this length. */
function read(text: string, length = text.length): { replies: RespValue[]; pushes: RespValue[] } {
  const replies: RespValue[] = [];
  const pushes: RespValue[] = [];
  const parser = new RespParser({
    onReply: (value) => replies.push(value),
    onPush: (values) => pushes.push(values),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) parser.read(bytes.subarray(at, at + length));
  return { replies, pushes };
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

const HELLO =
  '%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:3\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n';

describe('RESP3', () => {
  it('is read, whatever it holds', () => {
    const text = `+OK\r\n:-7\r\n_\r\n#t\r\n#f\r\n,1.5\r\n(12\r\n$-1\r\n*-1\r\n=7\r\ntxt:abc\r\n~2\r\n:1\r\n:2\r\n*2\r\n${bulk('é\r\n')}*1\r\n:1\r\n`;
    expect(read(text).replies).toEqual([
      'OK',
      -7,
      null,
      1,
      0,
      '1.5',
      '12',
      null,
      null,
      'txt:abc',
      [1, 2],
      ['é\r\n', [1]],
    ]);
    expect(read(HELLO).replies).toHaveLength(1);
    expect(read('-ERR no\r\n!6\r\nERR no\r\n').replies).toEqual([
      new RespError('ERR no'),
      new RespError('ERR no'),
    ]);
  });

  it('is the same in chunks of any length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.integer({ min: 1, max: 50 }),
        (messages, length) => {
          const all = messages.map(
            (text) => `>3\r\n${bulk('message')}${bulk('s')}${bulk(text)}:1\r\n`,
          );
          const { replies, pushes } = read(`${all.join('')}+END\r\n`, length);
          expect(pushes).toEqual(messages.map((text) => ['message', 's', text]));
          expect(replies).toEqual([...messages.map(() => 1), 'END']);
        },
      ),
    );
  });

  it.each([
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '$x\r\n',
    '$1e3\r\n',
    `$${2 ** 29}\r\n`,
    '*1\r\n'.repeat(100),
  ])('is not %j', (text) => {
    expect(() => read(text)).toThrow(ProtocolError);
  });
});
