import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NatsParser } from '../../../../src/cluster/bus/nats/nats-parser.ts';
import { ProtocolError } from '../../../../src/cluster/bus/protocol-error.ts';

/** What is read from bytes that arrive in chunks of this length. */
function read(text: string, length = text.length): unknown[] {
  const all: unknown[] = [];
  const parser = new NatsParser({
    onMessage: (subject, sid, message) => all.push([subject, sid, message]),
    onInfo: (json) => all.push(`info ${json}`),
    onError: (reason) => all.push(`error ${reason}`),
    onPing: () => all.push('ping'),
    onPong: () => all.push('pong'),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += length) parser.read(bytes.subarray(at, at + length));
  return all;
}

const msg = (text: string): string => `MSG a.b 7 ${Buffer.byteLength(text)}\r\n${text}\r\n`;

describe('the protocol of NATS', () => {
  it('is read, whatever it holds', () => {
    const text = `INFO {"max_payload":1}\r\n+OK\r\nPING\r\nPONG\r\n-ERR 'Stale Connection'\r\nmsg a 1 re.ply 2\r\né\r\n`;
    expect(read(text)).toEqual([
      'info {"max_payload":1}',
      'ping',
      'pong',
      'error Stale Connection',
      ['a', 1, 'é'],
    ]);
  });

  it('is the same in chunks of any length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.integer({ min: 1, max: 50 }),
        (messages, length) => {
          expect(read(`${messages.map(msg).join('PING\r\n')}PONG\r\n`, length)).toEqual([
            ...messages.flatMap((text, n) => [...(n > 0 ? ['ping'] : []), ['a.b', 7, text]]),
            'pong',
          ]);
        },
      ),
    );
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n', '\r\n', 'MSG a b c\r\n', `MSG a 1 ${2 ** 30}\r\n`])(
    'is not %j',
    (text) => {
      expect(() => read(text)).toThrow(ProtocolError);
    },
  );

  it('has no line without an end', () => {
    expect(() => read('x'.repeat(2 ** 20 + 1))).toThrow(ProtocolError);
  });
});
