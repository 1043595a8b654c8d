import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { OWNED, setup } from './setup.ts';

describe('membership of instances with version numbers', () => {
  it('is not changed by an earlier announcement', () => {
    const { heard, routable } = setup();
    expect(heard({ ...OWNED, seq: 2, port: 2 })).toEqual(['registered']);
    expect(heard({ ...OWNED, seq: 1, port: 1 })).toEqual([]);
    expect(routable()).toEqual([2]);
    expect(heard({ ...OWNED, seq: 3, port: 3 })).toEqual(['updated']);
    expect(routable()).toEqual([3]);
  });

  it('is not changed by a repeated register', () => {
    const { table, heard } = setup();
    heard({ ...OWNED, x: 1, y: 2 });
    expect(heard({ ...OWNED, y: 2, x: 1 })).toEqual([]);
    expect(table.all()).toHaveLength(1);
  });

  it('does not let a late register bring back a run that has left', () => {
    const { heard, told, routable } = setup();
    heard(OWNED);
    expect(heard(OWNED, true)).toEqual(['left']);
    expect(heard({ ...OWNED, seq: 99 })).toEqual([]);
    expect(told({ ...OWNED, seq: 100 })).toEqual([]);
    expect(routable()).toEqual([]);
    expect(heard({ ...OWNED, inc: 2 })).toEqual(['registered']);
  });

  it('keeps a run ended when an update arrives after its exit', () => {
    const { heard, routable } = setup();
    heard({ ...OWNED, seq: 5 }, true);
    heard({ ...OWNED, seq: 7 });
    expect(routable()).toEqual([]);
  });

  it('does not let the exit of an earlier run end a later one', () => {
    const { heard, routable } = setup();
    heard({ ...OWNED, inc: 2 });
    expect(heard({ ...OWNED, inc: 1 }, true)).toEqual([]);
    expect(routable()).toEqual([1]);
  });

  it('forgets an exit after ten minutes', () => {
    const { heard, pass, table } = setup();
    heard(OWNED, true);
    pass(RULES.tombstoneMs - 100);
    expect(heard(OWNED)).toEqual([]);
    pass(RULES.tombstoneMs + 100);
    expect(table.export(Infinity)).toEqual([]);
    expect(heard(OWNED)).toEqual(['registered']);
  });

  it('reports an id conflict, and decides the same in either order', () => {
    const [one, two] = [setup(), setup()];
    one.heard({ ...OWNED, port: 1 });
    expect(one.heard({ ...OWNED, port: 2 })).toContain('conflict');
    two.heard({ ...OWNED, port: 2 });
    two.heard({ ...OWNED, port: 1 });
    expect(one.routable()).toEqual(two.routable());
  });

  it('moves an instance that returns under another prefix', () => {
    const { table, heard, routable } = setup();
    heard(OWNED);
    heard({ ...OWNED, inc: 2, prefix: '/v2' });
    expect(routable()).toEqual([]);
    expect(table.routable('/v2')).toHaveLength(1);
    expect(table.knows('/v1')).toBe(true);
  });
});

describe('membership of legacy instances', () => {
  it('follows the order of arrival', () => {
    const { heard, routable } = setup();
    expect(heard()).toEqual(['registered']);
    expect(heard()).toEqual([]);
    expect(heard({}, true)).toEqual(['left']);
    expect(heard({}, true)).toEqual([]);
    expect(heard()).toEqual(['registered']);
    expect(routable()).toEqual([1]);
  });

  it('prefers announcements to relayed ones', () => {
    const { heard, told, routable } = setup();
    expect(told({ port: 1 })).toContain('registered');
    heard({ port: 3 });
    expect(told({ port: 3 }, true)).toEqual([]);
    expect(told({ port: 3, name: 'other' })).toEqual([]);
    expect(routable()).toEqual([3]);
  });

  it('suspects an instance that it saw leave and another observer reports, until a probe decides', () => {
    const { heard, told, types, routable } = setup();
    heard({ port: 9 });
    heard({ port: 2 }, true);
    expect(told({ port: 2 })).toEqual(['registered', 'suspected']);
    expect(routable()).toEqual([9]);
    expect(
      types({ type: 'probed', key: '/v1 10.0.0.1 2', verdict: 'refused', by: 'probe' }),
    ).toEqual(['down']);
    expect(routable()).toEqual([9]);
  });

  it('does not export an instance that is down', () => {
    const { table, heard, types } = setup();
    heard({ port: 2 });
    expect(table.export(0)).toHaveLength(1);
    types({ type: 'probed', key: '/v1 10.0.0.1 2', verdict: 'refused', by: 'probe' });
    expect(table.export(0)).toEqual([]);
  });

  it('does not know a prefix of which only an exit came', () => {
    const { table, heard } = setup();
    heard({ prefix: '/gone' }, true);
    heard({ prefix: '/gone', id: 'x', inc: 1 }, true);
    expect(table.knows('/gone')).toBe(false);
  });
});
