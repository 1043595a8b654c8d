import { describe, expect, it } from 'vitest';
import { DEFAULT_PROBE_RULES, RULES } from '@rollcall/protocol';
import { OWNED, setup } from './setup.ts';

describe('an instance whose probes time out', () => {
  it('is used if there is no other: it may be busy', () => {
    const { heard, probed, routable, status } = setup();
    heard(OWNED);
    expect(probed('timeout')).toEqual([]);
    expect(probed('timeout')).toEqual(['suspected']);
    expect(status()).toBe('suspect');
    expect(routable()).toEqual([1]);
    for (let count = 0; count < 10; count++) expect(probed('timeout')).toEqual([]);
    expect(probed('ok')).toEqual(['recovered']);
  });

  it('receives nothing while another instance is healthy', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    heard({ id: 'b', inc: 1, port: 2 });
    probed('timeout');
    probed('timeout');
    expect(routable()).toEqual([2]);
  });

  it('is down once its port refuses connections, or once it answers that it is ill', () => {
    const { heard, probed, routable, status } = setup();
    heard(OWNED);
    heard({ id: 'b', inc: 1, port: 2 });
    for (const key of ['a', 'b']) for (const _ of [1, 2]) probed('timeout', key);
    expect(probed('refused')).toEqual(['down']);
    expect(probed('failed', 'b')).toEqual(['down']);
    expect(probed('timeout')).toEqual([]);
    expect(status()).toBe('down');
    expect(routable()).toEqual([]);
  });

  it('is still waited for when its queue of connections is full, unlike one that accepts none at all', () => {
    const { heard, probed, status } = setup();
    heard(OWNED);
    heard({ id: 'b', inc: 1, port: 2 });
    probed('timeout');
    for (let count = 0; count < 5; count++) probed('unreachable');
    expect(status()).toBe('suspect');
    for (const _ of [1, 2]) probed('unreachable', 'b');
    expect(status('b')).toBe('down');
  });

  it('is not believed because its owner renews it', () => {
    const { heard, probed, status } = setup();
    heard(OWNED);
    for (const _ of [1, 2]) probed('timeout');
    heard(OWNED);
    expect(status()).toBe('suspect');
  });

  it('is probed no more often than a healthy one', () => {
    const { heard, probed, pass } = setup();
    heard(OWNED);
    for (const _ of [1, 2]) probed('timeout');
    expect(pass(DEFAULT_PROBE_RULES.intervalMs - 50)).toEqual([]);
    expect(pass(100)).toEqual(['probe']);
  });

  it('stays healthy if it answered a client since the probe began', () => {
    const { heard, pass, probed, served, status } = setup();
    heard(OWNED);
    for (let count = 0; count < 10; count++) {
      expect(pass(DEFAULT_PROBE_RULES.intervalMs)).toContain('probe');
      served();
      expect(probed('timeout')).toEqual([]);
    }
    expect(status()).toBe('healthy');
  });

  it('is healthy again when it answers a client', () => {
    const { heard, pass, probed, served, status } = setup();
    heard(OWNED);
    for (const _ of [1, 2]) probed('timeout');
    pass(100);
    // This answer was on its way before.
    served(200);
    expect(status()).toBe('suspect');
    expect(served(0)).toEqual(['recovered']);
  });

  it('is given up and forgotten after ten minutes without an answer', () => {
    const { table, heard, pass, probed } = setup();
    heard(OWNED);
    for (const _ of [1, 2]) probed('timeout');
    pass(RULES.forgetAfterMs - 1000);
    probed('timeout');
    expect(table.all()).toHaveLength(1);
    pass(2000);
    expect(probed('timeout')).toEqual(['down']);
    expect(pass(1000)).toContain('forgotten');
  });
});

describe('a probe that could not be sent', () => {
  it('says nothing about the instance, however often', () => {
    const { heard, pass, probed, connected, status } = setup();
    heard(OWNED);
    for (let count = 0; count < 10; count++) {
      expect(pass(5000)).toEqual(['probe']);
      expect(count % 2 ? probed('unknown') : connected('unknown')).toEqual([]);
    }
    expect(status()).toBe('healthy');
  });

  it('does not make up for one that failed', () => {
    const { heard, probed } = setup();
    heard(OWNED);
    probed('failed');
    probed('unknown');
    expect(probed('failed')).toEqual(['down']);
  });
});
