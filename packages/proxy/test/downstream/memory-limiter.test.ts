import { describe, expect, it } from 'vitest';
import { MemoryLimiter } from '../../src/downstream/memory-limiter.ts';

/** Clients that hold so many bytes, and which of them were reset, in order. */
function holding(...clients: [address: string, heldBytes: number][]) {
  const cut: number[] = [];
  const limiter = new MemoryLimiter(
    new Set(
      clients.map(([address, heldBytes], at) => ({ address, heldBytes, cut: () => cut.push(at) })),
    ),
  );
  return { limiter, cut };
}

describe('memory that is held for clients', () => {
  it('resets no connection up to the limit', () => {
    const { limiter, cut } = holding(['10.0.0.1', 60], ['10.0.0.2', 40]);
    expect(limiter.enforce(100)).toBe(0);
    expect(cut).toEqual([]);
  });

  it('resets the largest holders of the address for which most is held', () => {
    const { limiter, cut } = holding(
      ['10.0.0.2', 50],
      ['10.0.0.1', 20],
      ['10.0.0.1', 0],
      ['10.0.0.1', 40],
      ['10.0.0.1', 30],
    );
    expect(limiter.enforce(80)).toBe(2);
    expect(cut).toEqual([3, 4]);
  });

  it('takes an IPv6 network for one client, and goes on with the next one', () => {
    const { limiter, cut } = holding(['10.0.0.1', 50], ['2001:db8::1', 30], ['2001:db8::2', 30]);
    expect(limiter.enforce(10)).toBe(3);
    expect(cut).toEqual([1, 2, 0]);
  });
});
