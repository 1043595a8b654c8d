import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { AGAIN, ALPHA, BETA, endpoint, LEASE } from './setup.ts';

describe('an instance whose presence is gone and whose port refused', () => {
  it('is not healthy because another process answers at its port', () => {
    const { joined, departed, probed, routed } = endpoint();
    joined(ALPHA);
    departed('a');
    expect(probed('refused')).toEqual(['down']);
    expect(probed('ok')).toEqual([]);
    expect(routed('/alpha')).toEqual([]);
  });

  it('is not healthy either if its port refused before its presence was gone', () => {
    const { joined, departed, probed, routed } = endpoint();
    joined(ALPHA);
    probed('refused');
    departed('a');
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it('is healthy if a probe succeeds after its owner is present again', () => {
    const { joined, departed, probed, routed } = endpoint();
    joined(ALPHA);
    departed('a');
    probed('refused');
    joined(ALPHA);
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('is not back because of a late message of its run', () => {
    const { joined, departed, probed, routed, heard } = endpoint();
    joined(ALPHA);
    departed('a');
    probed('refused');
    heard(ALPHA);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it('that joined before this observer subscribed is not back because of a late message either', () => {
    const { joined, departed, probed, routed, heard } = endpoint();
    heard(BETA);
    departed('b');
    joined(ALPHA);
    heard(BETA);
    probed('ok', 'b');
    expect(routed('/beta')).toEqual([]);
  });

  it('has to be looked for in its channel if it was announced and never seen there', () => {
    const { table, heard, joined, departed } = endpoint();
    heard(ALPHA);
    expect(table.lacksPresence('a')).toBe(true);
    joined(ALPHA);
    expect(table.lacksPresence('a')).toBe(false);
    departed('a');
    expect(table.lacksPresence('a')).toBe(false);
    heard({ ...BETA, ...LEASE });
    expect(table.lacksPresence('b')).toBe(false);
  });

  it("is judged by probes while this observer's own link is down", () => {
    const { joined, departed, probed, routed, types, pass } = endpoint();
    joined(ALPHA);
    departed('a');
    probed('refused');
    types({ type: 'link', isUp: false });
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
    types({ type: 'link', isUp: true });
    pass(RULES.returnMs);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it('is judged by probes if the port refused long before', () => {
    const { joined, departed, probed, routed, pass } = endpoint();
    joined(ALPHA);
    probed('refused');
    pass(RULES.refusedMs + 50);
    probed('ok');
    departed('a');
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('with a lease, has ended when that has lapsed', () => {
    const { heard, probed, routed, pass } = endpoint();
    heard({ ...ALPHA, ...LEASE });
    pass(10_050);
    probed('refused');
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
    heard({ ...ALPHA, ...LEASE });
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('is not exported to other observers', () => {
    const { joined, departed, probed, table } = endpoint();
    joined(ALPHA);
    departed('a');
    probed('refused');
    expect(table.export(0)).toEqual([]);
  });
});

describe('an endpoint that another service announces', () => {
  it('is not routed to for the first one whose presence goes later, although no probe was refused', () => {
    const { joined, departed, probed, routed } = endpoint();
    joined(ALPHA);
    joined(BETA);
    expect(departed('a')).toEqual(['down']);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
    expect(routed('/beta')).toEqual(['b']);
  });

  it.each([['a lease', LEASE, 'a'] as const])(
    'ends one with %s whose port has refused',
    (_kind, fields, key) => {
      const { heard, probed, routed } = endpoint();
      heard({ ...ALPHA, ...fields });
      probed('refused', key);
      heard({ ...BETA, ...fields });
      probed('ok', key);
      expect(routed('/alpha')).toEqual([]);
      heard({ ...ALPHA, ...fields });
      probed('ok', key);
      expect(routed('/alpha')).toEqual(['a']);
    },
  );

  it('ends a legacy one whose port has refused', () => {
    const { heard, probed, routed } = endpoint();
    heard({ prefix: '/alpha' });
    probed('refused', '/alpha 10.0.0.1 1');
    heard({ prefix: '/beta' });
    probed('ok', '/alpha 10.0.0.1 1');
    expect(routed('/alpha')).toEqual([]);
  });

  it('ends one with a lease that is not renewed', () => {
    const { heard, joined, pass, probed, routed } = endpoint();
    heard({ ...ALPHA, ...LEASE });
    joined(BETA);
    pass(10_050);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it('is not routed to for an instance that only a snapshot has', () => {
    const { told, joined, probed, routed } = endpoint();
    joined(BETA);
    expect(told({ ...ALPHA, ...LEASE })).toEqual(['registered', 'down']);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it('stays with both prefixes of one process', () => {
    const { joined, probed, routed } = endpoint();
    joined(ALPHA);
    joined(BETA);
    for (const key of ['a', 'b']) probed('ok', key);
    expect([...routed('/alpha'), ...routed('/beta')]).toEqual(['a', 'b']);
  });

  it('stays with a legacy prefix that only another observer has reported', () => {
    const { told, joined, probed, routed } = endpoint();
    joined(BETA);
    told({ prefix: '/alpha' });
    probed('ok', '/alpha 10.0.0.1 1');
    expect(routed('/alpha')).toHaveLength(1);
  });

  it('ends one of a snapshot, although another observer reports the other before its owner announces it', () => {
    const { restored, told, joined, probed, routed } = endpoint();
    restored({ ...ALPHA, ...LEASE });
    told(BETA);
    joined(BETA);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it.each([
    ['a snapshot', 'restored'],
    ['another observer', 'told'],
  ] as const)(
    'stays with both prefixes of one process from %s, of which one renews its lease first',
    (_source, how) => {
      const { heard, probed, routed, ...table } = endpoint();
      table[how]({ ...ALPHA, ...LEASE });
      table[how]({ ...BETA, ...LEASE });
      heard({ ...BETA, ...LEASE });
      probed('ok');
      expect(routed('/alpha')).toEqual(['a']);
    },
  );

  it('stays with both prefixes of one process that return one after another after an outage', () => {
    const { joined, departed, types, probed, routed } = endpoint();
    joined(ALPHA);
    joined(BETA);
    types({ type: 'link', isUp: false });
    types({ type: 'link', isUp: true });
    departed('a');
    departed('b');
    joined(BETA);
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });
});

describe('an endpoint that a later run of the same service announces', () => {
  it('stands once, for the later run', () => {
    const { joined, departed, shown } = endpoint();
    joined(ALPHA);
    departed('a');
    joined(AGAIN);
    expect(shown()).toEqual(['a2']);
  });

  it('stands once, if the earlier run is known to be gone only afterwards', () => {
    const { joined, departed, shown, table } = endpoint();
    joined(ALPHA);
    joined(AGAIN);
    expect(shown()).toHaveLength(1);
    departed('a');
    expect(table.entries().map(({ key }) => key)).toEqual(['a2']);
  });

  it('stands once with leases, and with legacy announcements', () => {
    const { heard, shown } = endpoint();
    heard({ ...ALPHA, ...LEASE });
    heard({ ...AGAIN, ...LEASE });
    expect(shown()).toEqual(['a2']);
    heard({ prefix: '/alpha' });
    expect(shown()).toEqual(['/alpha 10.0.0.1 1']);
  });

  it('stands once, if another observer still reports the earlier run', () => {
    const { joined, told, shown } = endpoint();
    joined(AGAIN);
    told(ALPHA);
    expect(shown()).toEqual(['a2']);
  });

  it('is one target while both are present, and stays one when either leaves', () => {
    const { joined, heard, routed, shown } = endpoint();
    joined(ALPHA);
    joined(AGAIN);
    expect(routed('/alpha')).toHaveLength(1);
    const [target = ''] = shown();
    heard(target === 'a' ? ALPHA : AGAIN, true);
    expect(routed('/alpha')).toEqual([target === 'a' ? 'a2' : 'a']);
  });

  it('is drained as one target', () => {
    const { joined, types, routed } = endpoint();
    joined(ALPHA);
    joined(AGAIN);
    expect(types({ type: 'drained', key: 'a' })).toEqual(['updated', 'updated']);
    expect(routed('/alpha')).toEqual([]);
  });
});
