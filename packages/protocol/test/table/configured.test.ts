import { describe, expect, it } from 'vitest';
import { Table } from '@rollcall/protocol';
import { announcement, setup } from './setup.ts';

const NAME = 'static.example.com/ (upstreams)';
const URL = 'http://10.0.0.1:1';
const KEY = `configured ${NAME} 10.0.0.1 1`;
const MINUTE = 60_000;

function configured() {
  const made = setup();
  const configure = (fields: object = {}) =>
    made.types({
      type: 'configured',
      announcement: { prefix: NAME, address: '10.0.0.1', port: 1, ...fields },
      url: URL,
    });
  expect(configure()).toEqual(['registered']);
  return { ...made, configure, all: () => made.table.routable(NAME) };
}

describe('an instance that the configuration names', () => {
  it('receives traffic, and shows its URL', () => {
    const { all } = configured();
    expect(all()).toMatchObject([{ key: KEY, status: 'healthy', configuredAs: URL }]);
  });

  it('is probed like any other', () => {
    const { pass, probed, all } = configured();
    expect(pass(2000)).toContain('probe');
    expect(probed('refused', KEY)).toContain('down');
    expect(all()).toEqual([]);
    expect(probed('ok', KEY)).toContain('recovered');
    expect(all()).toHaveLength(1);
  });

  it('is never forgotten, however long it is down', () => {
    const { pass, probed, table } = configured();
    probed('refused', KEY);
    expect(pass(60 * MINUTE)).not.toContain('forgotten');
    expect(table.instances(NAME)).toHaveLength(1);
  });

  it('is not forgotten for an operator either', () => {
    const { probed, types, table } = configured();
    probed('refused', KEY);
    expect(types({ type: 'dismissed', key: KEY })).toEqual([]);
    expect(table.instances(NAME)).toHaveLength(1);
  });

  it('does not give way when the table is full', () => {
    const table = new Table({ probes: 'always', limits: { maxInstances: 1 } });
    const configuration = { prefix: NAME, address: '10.0.0.1', port: 1 };
    table.apply({ type: 'configured', announcement: configuration, url: URL }, 0);
    table.apply({ type: 'probed', key: KEY, verdict: 'refused', by: 'probe' }, 0);
    expect(table.refusal(announcement({ id: 'a', inc: 1 }), true)).toMatchObject({
      code: 'table-full',
    });
    expect(table.instances(NAME)).toHaveLength(1);
  });

  it('is not passed on to other observers', () => {
    const { table, clock } = configured();
    expect(table.export(clock.now)).toEqual([]);
  });

  it('changes with its configuration, and not without', () => {
    const { configure, all } = configured();
    expect(configure()).toEqual([]);
    const health = { path: '/up', method: 'GET' };
    expect(configure({ health })).toEqual(['updated']);
    expect(all()).toMatchObject([{ announcement: { health } }]);
  });

  it('leaves when it is configured no longer', () => {
    const { types, all } = configured();
    expect(types({ type: 'unconfigured', key: KEY, why: '' })).toEqual(['left']);
    expect(types({ type: 'unconfigured', key: KEY, why: '' })).toEqual([]);
    expect(all()).toEqual([]);
  });

  it('has nothing to do with one that announces the same address and port', () => {
    const { heard, probed, types, all, routable } = configured();
    heard({ id: 'a', inc: 1 });
    probed('refused', KEY);
    heard({ id: 'a', inc: 1, seq: 1 });
    probed('ok', KEY);
    expect([all().length, routable()]).toEqual([1, [1]]);
    expect(types({ type: 'unconfigured', key: 'a', why: '' })).toEqual([]);
    heard({ id: 'a', inc: 1 }, true);
    expect([all().length, routable()]).toEqual([1, []]);
  });

  it('counts among the announced ones of its prefix, and once at an address and port of one', () => {
    const { heard, types, table } = setup();
    heard({ id: 'a', inc: 1 });
    const { prefix, address, port } = announcement({ id: 'a', inc: 1 });
    const configure = (at: string) =>
      types({ type: 'configured', announcement: { prefix, address: at, port }, url: URL });
    configure(address);
    configure('10.9.9.9');
    const ports = () => table.routable(prefix).map((each) => each.announcement.address);
    expect(ports().toSorted()).toEqual([address, '10.9.9.9'].toSorted());
    heard({ id: 'a', inc: 1 }, true);
    expect(ports()).toHaveLength(2);
    types({ type: 'unconfigured', key: `configured ${prefix} ${address} ${port}`, why: '' });
    expect(ports()).toEqual(['10.9.9.9']);
  });

  it('is another one than a legacy instance of its prefix, address and port', () => {
    const { heard, types, table } = setup();
    heard({});
    const { prefix, address, port } = announcement({});
    const key = `configured ${prefix} ${address} ${port}`;
    types({ type: 'configured', announcement: { prefix, address, port }, url: URL });
    expect(table.entries()).toHaveLength(2);
    types({ type: 'unconfigured', key, why: '' });
    expect(table.entries()).toMatchObject([{ configuredAs: undefined }]);
  });

  it('is drained together with an announced one at its address and port', () => {
    const { heard, types, table } = setup();
    heard({ id: 'a', inc: 1 });
    const { prefix, address, port } = announcement({ id: 'a', inc: 1 });
    types({ type: 'configured', announcement: { prefix, address, port }, url: URL });
    types({ type: 'drained', key: 'a' });
    expect(table.routable(prefix)).toEqual([]);
    types({ type: 'undrained', key: `configured ${prefix} ${address} ${port}` });
    expect(table.routable(prefix)).toHaveLength(1);
  });

  it('stays healthy when this observer was away from the channel for long', () => {
    const { types, clock, all } = configured();
    types({ type: 'link', isUp: true });
    types({ type: 'link', isUp: false });
    clock.now += 60 * MINUTE;
    types({ type: 'link', isUp: true });
    expect(all()).toMatchObject([{ status: 'healthy' }]);
  });
});
