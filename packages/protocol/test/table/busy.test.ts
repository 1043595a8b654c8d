import { describe, expect, it } from 'vitest';
import { DEFAULT_PROBE_RULES, RULES } from '@rollcall/protocol';
import { OWNED, setup } from './setup.ts';

/** An instance that is being probed by a request which has timed out. */
function asked(fields = OWNED) {
  const instance = setup();
  instance.heard(fields);
  expect(instance.pass(DEFAULT_PROBE_RULES.intervalMs)).toEqual(['probe']);
  instance.pass(DEFAULT_PROBE_RULES.timeoutMs);
  expect(instance.overdue()).toEqual([]);
  return instance;
}

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

  it('is not down because its queue of connections is full while it answers clients', () => {
    const { heard, served, probed, status } = setup();
    heard(OWNED);
    served();
    for (const _ of [1, 2, 3]) expect(probed('unreachable')).toEqual([]);
    expect(status()).toBe('healthy');
  });

  it('may hang although it answered a client some time before', () => {
    const { heard, served, pass, overdue } = setup();
    heard(OWNED);
    served();
    pass(DEFAULT_PROBE_RULES.timeoutMs);
    expect(overdue()).toEqual([]);
    pass(DEFAULT_PROBE_RULES.timeoutMs);
    expect(overdue()).toEqual(['suspected']);
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

describe('an instance that has not answered the request of a probe', () => {
  const MINUTE = 60_000;
  const ANNOUNCED = { ...OWNED, health: { path: '/up' } };

  it('is sent no other one, and is suspect when the time-out has passed again', () => {
    const { pass, overdue, routable } = asked();
    expect(pass(DEFAULT_PROBE_RULES.timeoutMs)).toEqual([]);
    expect(overdue()).toEqual(['suspected']);
    for (let count = 0; count < 50; count++) {
      expect(pass(DEFAULT_PROBE_RULES.timeoutMs)).toEqual([]);
      expect(overdue()).toEqual([]);
    }
    expect(routable()).toEqual([1]);
  });

  it('is probed anew when its announcement changes', () => {
    const { heard, pass } = asked();
    heard({ ...OWNED, seq: 1, weight: 2 });
    expect(pass(50)).toEqual(['probe']);
  });

  it('is healthy when it answers at last, if it announces no health path', () => {
    const { overdue, probed } = asked();
    overdue();
    expect(probed('ok')).toEqual(['recovered']);
  });

  it('has to answer the next one in time, which comes at once, if it announces a health path', () => {
    const { overdue, probed, pass, status } = asked(ANNOUNCED);
    overdue();
    expect(probed('ok')).toEqual([]);
    expect(status()).toBe('suspect');
    expect(pass(50)).toEqual(['probe']);
    expect(probed('ok')).toEqual(['recovered']);
  });

  it('is down if it answers at last that it is ill', () => {
    const { overdue, probed } = asked();
    overdue();
    expect(probed('failed')).toEqual(['down']);
  });

  it.each([
    ['no health path', OWNED],
    ['a health path', ANNOUNCED],
  ])('spends a tenth of its time on a slow health check, with %s', (_, fields) => {
    for (const takes of [1500, 3000, 5000]) {
      const { heard, slowly } = setup();
      heard(fields);
      slowly(MINUTE, takes);
      expect(slowly(10 * MINUTE, takes)).toBeLessThan(1.1 * MINUTE);
    }
  });

  it('is not left without probes for longer than a minute', () => {
    const { heard, slowly } = setup();
    heard(OWNED);
    slowly(3 * MINUTE, 30_000);
    expect(slowly(10 * MINUTE, 30_000)).toBeGreaterThan(3 * MINUTE);
  });

  it('is probed as often as before when it answers in time again', () => {
    const { heard, slowly, watch, pass, connected, overdue, probed } = setup();
    heard(ANNOUNCED);
    slowly(MINUTE, 3000);
    watch(MINUTE);
    expect(watch(MINUTE).filter((by) => by === 'probe').length).toBeGreaterThanOrEqual(28);
    while (!pass(50).includes('probe')) connected('ok');
    pass(DEFAULT_PROBE_RULES.timeoutMs);
    overdue();
    probed('ok');
    expect(pass(50)).toEqual(['probe']);
  });

  it('is found to be killed by its port meanwhile', () => {
    const { heard, slowly, watch, status } = setup();
    heard(ANNOUNCED);
    slowly(MINUTE / 3, 5000);
    watch(1000, 'refused');
    expect(status()).toBe('down');
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
