import { describe, expect, it } from 'vitest';
import { Observer } from '@rollcall/protocol';
import type { TableLimits } from '@rollcall/protocol';
import { announcement, setup } from './setup.ts';

const MINUTES = 60_000;

/** An instance of a service of its own. */
const service = (at: number) => ({ prefix: `/s${at}`, id: `i${at}`, inc: 1, port: at + 1 });

describe('a prefix whose last instance has gone', () => {
  it('is known for ten minutes, and then forgotten', () => {
    const { table, heard, pass } = setup();
    heard(service(1));
    heard(service(1), true);
    expect(pass(10 * MINUTES - 1)).toEqual([]);
    expect(table.knows('/s1')).toBe(true);
    expect(pass(50)).toEqual(['prefix-forgotten']);
    expect(table.knows('/s1')).toBe(false);
    expect(table.prefixes()).toEqual([]);
  });

  it('is known for the time that is set', () => {
    const { table, heard, pass } = setup({ limits: { forgetPrefixMs: 1000 } });
    heard(service(1));
    heard(service(1), true);
    pass(1000);
    expect(table.knows('/s1')).toBe(false);
  });

  it('stays known if an instance comes in the meantime', () => {
    const { table, heard, pass } = setup();
    heard(service(1));
    heard(service(1), true);
    pass(9 * MINUTES);
    heard({ ...service(1), inc: 2 });
    heard({ ...service(1), inc: 2 }, true);
    pass(9 * MINUTES);
    expect(table.knows('/s1')).toBe(true);
    pass(MINUTES);
    expect(table.knows('/s1')).toBe(false);
  });

  it('is forgotten if its instance has moved to another prefix', () => {
    const { table, heard, pass } = setup();
    heard(service(1));
    heard({ ...service(1), prefix: '/other', seq: 1 });
    pass(10 * MINUTES);
    expect(table.prefixes()).toEqual(['/other']);
  });

  it('leaves nothing behind, however many came and left', () => {
    const { table, heard, pass } = setup();
    // More than it keeps of either, and some of them again.
    for (let at = 0; at < 25_000; at++) {
      heard(service(at % 24_000));
      heard(service(at % 24_000), true);
    }
    expect(table.prefixes().length).toBeLessThanOrEqual(5000);
    expect(table.export(0).length).toBeLessThanOrEqual(20_000);
    pass(10 * MINUTES);
    expect(table.prefixes()).toEqual([]);
    expect(table.export(0)).toEqual([]);
  });
});

/** An observer with limits, to which the test announces services. */
function observe(limits: Partial<TableLimits>) {
  const observer = new Observer({ probes: 'always', answers: true, nonce: () => 'n', limits });
  const hear = (at: number, fields = {}) =>
    observer.at(0).receive('register', announcement({ ...service(at), ...fields }), 0);
  const down = (at: number) =>
    observer.learn({ type: 'probed', key: `i${at}`, verdict: 'refused', by: 'probe' }, 0);
  const keys = () => observer.table.entries().map(({ key }) => key);
  return { observer, hear, down, keys };
}

describe('a table that is full', () => {
  it('refuses a new instance while all others are up, and says so', () => {
    const { hear, keys } = observe({ maxInstances: 2 });
    hear(1);
    hear(2);
    expect(hear(3).refusals).toMatchObject([
      { code: 'table-full', reason: expect.stringContaining('2 instances') },
    ]);
    expect(keys()).toEqual(['i1', 'i2']);
    expect(hear(2, { inc: 2 })).toMatchObject({ refusals: [], effects: [{ type: 'updated' }] });
  });

  it('has the instance that has been down for longest give way to a new one', () => {
    const { hear, down, keys } = observe({ maxInstances: 3 });
    for (const at of [1, 2, 3]) hear(at);
    down(3);
    down(1);
    expect(hear(4).effects).toMatchObject([
      { type: 'registered' },
      { type: 'forgotten', instance: { key: 'i3' } },
    ]);
    expect(keys()).toEqual(['i1', 'i2', 'i4']);
    hear(5);
    expect(keys()).toEqual(['i2', 'i4', 'i5']);
    expect(hear(6).refusals).toHaveLength(1);
  });

  it('has none give way to what only another observer reports', () => {
    const { observer, hear, down, keys } = observe({ maxInstances: 1 });
    hear(1);
    down(1);
    const statement = { announcement: announcement(service(2)), left: false };
    expect(observer.restore([statement], 0).refusals).toMatchObject([{ code: 'table-full' }]);
    expect(keys()).toEqual(['i1']);
  });

  it('keeps an instance that was down and has recovered', () => {
    const { observer, hear, down, keys } = observe({ maxInstances: 1 });
    hear(1);
    down(1);
    observer.learn({ type: 'probed', key: 'i1', verdict: 'ok', by: 'probe' }, 0);
    expect(hear(2).refusals).toHaveLength(1);
    expect(keys()).toEqual(['i1']);
  });

  it('refuses a new prefix while every other has an instance that is up', () => {
    const { observer, hear, down } = observe({ maxPrefixes: 2 });
    hear(1);
    hear(2);
    expect(hear(3).refusals).toMatchObject([
      { code: 'table-full', reason: expect.stringContaining('2 prefixes') },
    ]);
    expect(hear(4, { prefix: '/s1' }).refusals).toEqual([]);
    down(2);
    expect(hear(3).effects.map(({ type }) => type)).toEqual([
      'registered',
      'forgotten',
      'prefix-forgotten',
    ]);
    expect(observer.table.prefixes()).toEqual(['/s1', '/s3']);
  });

  it('has a prefix without instances give way first', () => {
    const { observer, hear, down, keys } = observe({ maxPrefixes: 3 });
    for (const at of [1, 2, 3]) hear(at);
    down(1);
    observer.at(0).receive('exit', announcement(service(2)), 0);
    hear(4);
    expect(observer.table.prefixes()).toEqual(['/s1', '/s3', '/s4']);
    expect(keys()).toEqual(['i1', 'i3', 'i4']);
  });

  it('stays within its limit of prefixes if one instance announces one after another', () => {
    const { observer, hear } = observe({ maxPrefixes: 3 });
    for (let seq = 0; seq < 100; seq++) hear(1, { prefix: `/p${seq}`, seq });
    expect(observer.table.prefixes()).toHaveLength(3);
    expect(observer.table.instances('/p99')).toHaveLength(1);
  });

  it('remembers as many exits as instances', () => {
    const { observer } = observe({ maxInstances: 3 });
    for (let at = 0; at < 100; at++) observer.at(0).receive('exit', announcement(service(at)), 0);
    expect(observer.table.export(0)).toHaveLength(3);
  });
});

describe('what an operator has forgotten', () => {
  it('is gone from the table, until its owner announces it again', () => {
    const { table, heard, probed, types } = setup();
    heard(service(1));
    probed('refused', 'i1');
    expect(types({ type: 'dismissed', key: 'i1' })).toEqual(['forgotten']);
    expect(table.export(0)).toEqual([]);
    expect(types({ type: 'prefix-dismissed', prefix: '/s1' })).toEqual(['prefix-forgotten']);
    expect(table.knows('/s1')).toBe(false);
    expect(heard(service(1))).toEqual(['registered']);
    expect(table.routable('/s1')).toHaveLength(1);
  });

  it('is not a prefix that has instances', () => {
    const { table, heard, types } = setup();
    heard(service(1));
    expect(types({ type: 'prefix-dismissed', prefix: '/s1' })).toEqual([]);
    expect(table.knows('/s1')).toBe(true);
  });
});
