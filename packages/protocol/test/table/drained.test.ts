import { describe, expect, it } from 'vitest';
import { OWNED, setup } from './setup.ts';

function drained() {
  const made = setup();
  made.heard(OWNED);
  made.heard({ id: 'b', inc: 1, port: 2 });
  expect(made.types({ type: 'drained', key: 'a' })).toEqual(['updated']);
  return made;
}

describe('an instance that an operator drains', () => {
  it('receives no new requests until it is undrained, and a repeated drain changes nothing', () => {
    const { types, routable } = drained();
    expect(routable()).toEqual([2]);
    expect(types({ type: 'drained', key: 'a' })).toEqual([]);
    expect(types({ type: 'undrained', key: 'a' })).toEqual(['updated']);
    expect(routable().toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(types({ type: 'undrained', key: 'a' })).toEqual([]);
  });

  it('stays drained across announcements and probes', () => {
    const { heard, probed, routable } = drained();
    heard({ ...OWNED, seq: 1, weight: 2 });
    probed('refused');
    probed('ok');
    expect(routable()).toEqual([2]);
  });

  it('receives traffic again after it restarts', () => {
    const { heard, routable } = drained();
    heard({ ...OWNED, inc: 2 });
    expect(routable().toSorted((a, b) => a - b)).toEqual([1, 2]);
  });

  it('leaves suspect instances to receive traffic if no other is healthy', () => {
    const { types, routable } = drained();
    types({ type: 'departed', id: 'b', inc: 1 });
    expect(routable()).toEqual([2]);
  });

  it('can leave, and an unknown instance cannot be drained', () => {
    const { heard, types, table } = drained();
    heard(OWNED, true);
    expect(types({ type: 'undrained', key: 'a' })).toEqual([]);
    expect(table.get('a')).toBeUndefined();
  });

  it('shows as drained in the table, but not to other observers', () => {
    const { table } = drained();
    expect(table.get('a')?.isDrained).toBe(true);
    expect(JSON.stringify(table.export(0))).not.toContain('rain');
  });
});
