import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Http2Error } from '../../src/http2/frames.ts';
import { HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { encodeField } from '../../src/http2/hpack-encoder.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const lines = (
  fields: readonly { name: string; value: string }[] | undefined,
): string[] | undefined => fields?.map(({ name, value }) => `${name}: ${value}`);

describe('the decoder of HPACK, by RFC 7541, appendix C', () => {
  const REQUESTS = [
    [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
    [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ],
    [
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ],
  ];
  it.each([
    [
      'C.3, as they are',
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
    ],
    [
      'C.4, by Huffman',
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ],
  ])('%s', (_what, blocks) => {
    const decoder = new HpackDecoder();
    expect(blocks.map((each) => lines(decoder.decode(bytes(each), 1000)))).toEqual(REQUESTS);
  });

  it('evicts the oldest entries', () => {
    const decoder = new HpackDecoder();
    const long = encodeLiteral('a', 'x'.repeat(2500));
    decoder.decode(Buffer.from(long + encodeLiteral('b', 'y'.repeat(2000)), 'latin1'), 10_000);
    expect(lines(decoder.decode(Buffer.from([0xbe]), 10_000))).toEqual([`b: ${'y'.repeat(2000)}`]);
    expect(() => decoder.decode(Buffer.from([0xbf]), 10_000)).toThrow(Http2Error);
  });
});

describe('the decoder of HPACK refuses', () => {
  it.each([
    ['an index of nothing', '80'],
    ['an index beyond the table', 'be'],
    ['an integer that is too large', 'ff80 8080 8080 8001'],
    ['a string beyond its block', '0005 61'],
    ['a block that ends within a field', '40'],
    ['a table that is larger than allowed', '3fe2 1f'],
    ['a new size of the table within a block', '8220'],
    ['the end of a string within it', '0001 6184 ffff ffff'],
    ['padding of Huffman that is too long', '0001 6182 1fff'],
    ['padding of Huffman with a 0', '0001 6181 1e'],
  ])('%s', (_what, hex) => {
    expect(() => new HpackDecoder().decode(bytes(hex), 1000)).toThrow(Http2Error);
  });

  it('a list that is too large, without keeping it, and decodes the next block', () => {
    const decoder = new HpackDecoder();
    const bomb = encodeLiteral('a', 'x'.repeat(4000)) + '\xbe'.repeat(10_000);
    expect(decoder.decode(Buffer.from(bomb, 'latin1'), 16_384)).toBeUndefined();
    expect(lines(decoder.decode(Buffer.from([0xbe, 0x82]), 16_384))).toEqual([
      `a: ${'x'.repeat(4000)}`,
      ':method: GET',
    ]);
  });
});

it('what the encoder writes is what the decoder reads', () => {
  const text = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  });
  const field = fc.record({
    name: fc.oneof(text, fc.constantFrom(':status', ':path', 'set-cookie', 'vary', 'date')),
    value: fc.oneof(text, fc.constantFrom('200', '/', 'x'.repeat(300))),
  });
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const block = fields.map(({ name, value }) => encodeField(name, value)).join('');
      expect(new HpackDecoder().decode(Buffer.from(block, 'latin1'), 1e9)).toEqual(fields);
    }),
  );
});

/** A literal with incremental indexing and a new name. */
function encodeLiteral(name: string, value: string): string {
  return `\x40${encodeField(name, value).slice(1)}`;
}
