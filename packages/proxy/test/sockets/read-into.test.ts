import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../../../test/simulation/random.js';
import { SharedBuffer, SocketReader } from '../../src/sockets/read-into.ts';
import type { Taken } from '../../src/sockets/read-into.ts';
import { JOIN_BYTES } from '../../src/sockets/write-message.ts';

const SHARED = Buffer.alloc(32 * 1024);
const BUFFERS = { shared: new SharedBuffer(SHARED), largeBytes: 32 * 1024 };
const LARGE = 20_000;
const SMALL = 100;
const SEED = 17;
const TAKEN: readonly Taken[] = ['over', 'left', 'passed', 'held', 'paused'];

/** A socket that reads into what it is given, and whose bytes are taken as the last read says. */
function reader() {
  let taken: Taken = 'passed';
  const parts: Buffer[] = [];
  const take = (bytes: Buffer): Taken => {
    parts.push(bytes);
    return taken;
  };
  const options = new SocketReader(BUFFERS, { take }).onread();
  const next = (): Uint8Array => (options.buffer as () => Uint8Array)();
  const read = (size: number, as: Taken): void => {
    taken = as;
    options.callback(size, next());
  };
  return { next, read, parts };
}

describe('the buffer of a connection that reads a large body', () => {
  it('is its own, and another one while bytes are held', () => {
    const { next, read } = reader();
    read(LARGE, 'passed');
    const own = next();
    expect(own).not.toBe(SHARED);
    read(LARGE, 'passed');
    expect(next()).toBe(own);
    read(LARGE, 'held');
    expect([SHARED, own]).not.toContain(next());
  });

  it.each<[string, number, Taken]>([
    ['its body is over', LARGE, 'over'],
    ['it is paused while bytes are held', LARGE, 'paused'],
    ['its body is over while bytes are held', LARGE, 'left'],
    ['its body ends with a small part', SMALL, 'over'],
  ])('is the shared one again once %s', (_, size, as) => {
    const { next, read } = reader();
    read(LARGE, 'passed');
    expect(next()).not.toBe(SHARED);
    read(size, as);
    expect(next()).toBe(SHARED);
  });

  it('is used by others once its body is over', () => {
    const first = reader();
    first.read(LARGE, 'passed');
    const own = first.next();
    first.read(LARGE, 'over');
    const second = reader();
    second.read(LARGE, 'passed');
    expect(second.next()).toBe(own);
  });
});

it('bytes that are held are never overwritten', () => {
  const random = randomFrom(SEED);
  const readers = Array.from({ length: 20 }, reader);
  const held: { readonly bytes: Buffer; readonly fill: number }[] = [];
  for (let fill = 0; fill < 1000; fill++) {
    const { next, read, parts } = readers[Math.floor(random() * readers.length)] ?? reader();
    const into = next();
    const size = 1 + Math.floor(random() * into.length);
    into.fill(fill, 0, size);
    const as = TAKEN[Math.floor(random() * TAKEN.length)] ?? 'over';
    read(size, as);
    const bytes = parts.pop();
    const isSmall = size <= JOIN_BYTES;
    if (bytes !== undefined && !isSmall && as !== 'over' && as !== 'passed')
      held.push({ bytes, fill: fill % 256 });
  }
  for (const { bytes, fill } of held)
    expect(bytes.equals(Buffer.alloc(bytes.length, fill)), `seed ${SEED}`).toBe(true);
});

it('a part of a body that is held keeps little more memory than its length', () => {
  const { read, parts } = reader();
  for (let count = 0; count < 20; count++) read(4200, 'held');
  const buffers = new Set(parts.map(({ buffer }) => buffer));
  let bytes = 0;
  for (const { byteLength } of buffers) bytes += byteLength;
  expect(bytes).toBeLessThan(2 * 20 * 4200);
});
