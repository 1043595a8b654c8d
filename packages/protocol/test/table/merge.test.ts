import { describe, expect, it } from 'vitest';
import { join, parseAnnouncement, Table } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';

/** Every statement there can be of one instance on a small domain: 2 runs × 3 versions × 2 contents × left or not. */
const DOMAIN: Statement[] = [1, 2].flatMap((inc) =>
  [0, 1, 2].flatMap((seq) =>
    [1, 2].flatMap((port) =>
      [false, true].map((left) => {
        const parsed = parseAnnouncement({
          prefix: '/v',
          address: '10.0.0.1',
          id: 'a',
          inc,
          seq,
          port,
        });
        if (!parsed.ok) throw new Error(parsed.refusal.reason);
        return { announcement: parsed.value, left };
      }),
    ),
  ),
);

describe('join, on every case of a small domain', () => {
  it('is idempotent', () => {
    for (const a of DOMAIN) expect(join(a, a)).toEqual(a);
  });

  it('is commutative', () => {
    for (const a of DOMAIN) for (const b of DOMAIN) expect(join(a, b)).toEqual(join(b, a));
  });

  it('is associative', () => {
    for (const a of DOMAIN)
      for (const b of DOMAIN)
        for (const c of DOMAIN) {
          if (JSON.stringify(join(join(a, b), c)) !== JSON.stringify(join(a, join(b, c)))) {
            expect(join(join(a, b), c)).toEqual(join(a, join(b, c)));
          }
        }
  });
});

const held = (statements: Statement[], type: 'received' | 'relayed'): string => {
  const table = new Table({ probes: 'never' });
  for (const statement of statements) table.apply({ type, statement }, 0);
  return JSON.stringify(table.export(0));
};

describe('a table that receives statements', () => {
  it('is the same for every order of three statements, announced or relayed', () => {
    for (const a of DOMAIN)
      for (const b of DOMAIN)
        for (const c of DOMAIN.slice(0, 8)) {
          const expected = held([a, b, c], 'received');
          const orders = [
            held([c, b, a], 'received'),
            held([b, a, c], 'relayed'),
            held([a, c, b, a], 'received'),
          ];
          if (orders.some((order) => order !== expected)) expect(orders).toEqual([expected]);
        }
  });
});
