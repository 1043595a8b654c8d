import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseAnnouncement, Table } from '@rollcall/protocol';

function announcement(fields: Record<string, unknown> = {}) {
  const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address: '10.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

describe('Table', () => {
  it('says what changed', () => {
    const table = new Table();
    expect(table.register(announcement(), 5)).toMatchObject({
      type: 'registered',
      instance: { since: 5 },
    });
    expect(table.register(announcement({ name: 'a' }), 6)).toMatchObject({
      type: 'updated',
      instance: { since: 5, announcement: { name: 'a' } },
    });
    expect(table.exit(announcement())?.type).toBe('unregistered');
    expect(table.instances('/v1')).toEqual([]);
  });

  it('is not changed by a repeated register, whatever the order of its fields', () => {
    const table = new Table();
    table.register(announcement({ a: 1, b: { c: 1, d: 2 } }), 0);
    expect(table.register(announcement({ b: { d: 2, c: 1 }, a: 1 }), 1)).toBeUndefined();
    expect(table.instances('/v1')).toHaveLength(1);
  });

  it('is not changed by the exit of one that is not there', () => {
    const table = new Table();
    table.register(announcement(), 0);
    expect(table.exit(announcement({ port: 2 }))).toBeUndefined();
    expect(table.instances('/v1')).toHaveLength(1);
  });

  it('still knows a prefix whose last instance has left', () => {
    const table = new Table();
    expect(table.knows('/v1')).toBe(false);
    table.register(announcement(), 0);
    table.exit(announcement());
    expect(table.knows('/v1')).toBe(true);
  });

  it('leaves a list that was taken as it is', () => {
    const table = new Table();
    table.register(announcement(), 0);
    const taken = table.instances('/v1');
    table.register(announcement({ port: 2 }), 0);
    table.exit(announcement());
    expect(taken.map((each) => each.announcement.port)).toEqual([1]);
  });

  it('holds exactly those whose last event was a register, for any history', () => {
    const event = fc.record({
      type: fc.constantFrom('register' as const, 'exit' as const),
      prefix: fc.constantFrom('/a', '/b'),
      port: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const table = new Table();
        const model = new Map<string, boolean>();
        for (const { type, prefix, port } of events) {
          const known = announcement({ prefix, port });
          if (type === 'register') table.register(known, 0);
          else table.exit(known);
          model.set(`${prefix}:${port}`, type === 'register');
        }
        const expected = [...model].filter(([, up]) => up).map(([key]) => key);
        const actual = table
          .all()
          .map((each) => `${each.announcement.prefix}:${each.announcement.port}`);
        expect(actual.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });
});
