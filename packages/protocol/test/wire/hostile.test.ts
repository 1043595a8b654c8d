import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS, parseAnnouncement, parseDiscoveryEvent, Table } from '@rollcall/protocol';

const nested = (depth: number, core: unknown): unknown =>
  JSON.parse(`${'['.repeat(depth)}${JSON.stringify(core)}${']'.repeat(depth)}`);

describe('any message on the channel', () => {
  it('is accepted or refused, and never throws', () => {
    const almost = fc.record(
      {
        prefix: fc.oneof(fc.constant('/v1'), fc.string()),
        port: fc.oneof(fc.integer(), fc.string()),
        address: fc.oneof(fc.constant('10.0.0.1'), fc.ipV4(), fc.ipV6(), fc.string()),
        id: fc.option(fc.constantFrom('a', 'b')),
        inc: fc.option(fc.integer({ min: 0, max: 3 })),
        seq: fc.option(fc.integer({ min: -1, max: 3 })),
        health: fc.anything(),
        meta: fc.anything(),
        any: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const data = fc.oneof(
      almost,
      fc.anything(),
      fc.record({ nonce: fc.constant('n'), up: fc.array(almost), left: fc.array(almost) }),
    );
    const table = new Table({ probes: 'always' });
    fc.assert(
      fc.property(fc.constantFrom(...EVENTS), data, (name, value) => {
        const parsed = parseDiscoveryEvent(name, value);
        if (!parsed.ok || parsed.value.type === 'rollcall') return;
        const event = parsed.value;
        if (event.type === 'finding') {
          for (const key of event.keys) table.apply({ type: 'reported', key }, 0);
          return;
        }
        const statements =
          event.type === 'table'
            ? event.statements
            : [{ announcement: event.announcement, left: event.type === 'exit' }];
        for (const statement of statements) table.apply({ type: 'received', statement }, 0);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not overflow the stack by nesting', () => {
    const announcement = { prefix: '/v1', port: 1, address: '10.0.0.1' };
    expect(parseAnnouncement({ ...announcement, x: nested(5000, 1) })).toMatchObject({
      ok: false,
      refusal: { code: 'bad-announcement' },
    });
    expect(parseAnnouncement({ ...announcement, x: nested(15, 1) }).ok).toBe(true);
    expect(parseAnnouncement({ ...announcement, x: nested(16, 1) }).ok).toBe(false);
  });

  it.each(['\u009b31m', 'a\u202eb', 'a\u2028b', 'a\u0000'])(
    'is not shown as a name: %j',
    (name) => {
      const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address: '10.0.0.1', name });
      expect(parsed).toMatchObject({ ok: false, refusal: { code: 'bad-name' } });
    },
  );
});
