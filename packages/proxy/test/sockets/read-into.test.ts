import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import { readingInto } from '../../src/sockets/read-into.ts';
import type { Taken } from '../../src/sockets/read-into.ts';

const SHARED = Buffer.alloc(32 * 1024);
const LARGE = 20_000;
const SMALL = 100;

/** A socket that reads into what it is given, and whose bytes are taken as the last read says. */
function reader() {
  let taken: Taken = 'passed';
  const parts: Buffer[] = [];
  const options = readingInto(
    (bytes) => {
      parts.push(bytes);
      return taken;
    },
    SHARED,
    32 * 1024,
  );
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
    ['its body ends with a small part', SMALL, 'over'],
  ])('is the shared one again once %s, and its own is released', async (_, size, as) => {
    const { next, read } = reader();
    read(LARGE, 'passed');
    const own = new WeakRef(next());
    read(size, as);
    expect(next()).toBe(SHARED);
    // A WeakRef holds its target until the event loop turns.
    await new Promise(setImmediate);
    collectGarbage();
    expect(own.deref()).toBeUndefined();
    // The socket is still there.
    expect(next()).toBe(SHARED);
  });
});

it('a part of a body that is held keeps little more memory than its length', () => {
  const { read, parts } = reader();
  for (let count = 0; count < 20; count++) read(4200, 'held');
  const buffers = new Set(parts.map(({ buffer }) => buffer));
  let bytes = 0;
  for (const { byteLength } of buffers) bytes += byteLength;
  expect(bytes).toBeLessThan(2 * 20 * 4200);
});
