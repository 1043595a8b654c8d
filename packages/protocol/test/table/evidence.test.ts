import { describe, expect, it } from 'vitest';
import { DEFAULT_PROBE_RULES, RULES } from '@rollcall/protocol';
import { announcement, OWNED, setup } from './setup.ts';

describe('evidence', () => {
  it('routes to an instance as soon as it announces itself, and probes it soon', () => {
    const { heard, pass, routable } = setup();
    heard(OWNED);
    expect(routable()).toEqual([1]);
    expect(pass(DEFAULT_PROBE_RULES.intervalMs + 50)).toEqual(['probe']);
    expect(pass(60_000)).toEqual([]);
  });

  it('takes an instance down after two failed probes, the second soon after the first', () => {
    const { heard, pass, probed, routable } = setup();
    heard(OWNED);
    pass(DEFAULT_PROBE_RULES.intervalMs);
    expect(probed('failed')).toEqual([]);
    expect(routable()).toEqual([1]);
    expect(pass(RULES.reprobeMs + 50)).toEqual(['probe']);
    expect(probed('failed')).toEqual(['down']);
    expect(routable()).toEqual([]);
    expect(pass(DEFAULT_PROBE_RULES.intervalMs + 50)).toEqual(['probe']);
    expect(probed('ok')).toEqual(['recovered']);
    expect(routable()).toEqual([1]);
  });

  it('takes an instance down at once if its port refuses connections', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    expect(probed('refused')).toEqual(['down']);
    expect(routable()).toEqual([]);
  });

  it('does not mark an instance healthy because of an announcement', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    probed('refused');
    expect(heard(OWNED)).toEqual([]);
    expect(routable()).toEqual([]);
  });

  it('suspects an instance whose lease expired, and probes it at once', () => {
    const { heard, probed, pass, routable } = setup();
    heard({ ...OWNED, ttl: 10 });
    heard({ id: 'b', inc: 1, port: 2 });
    pass(1000);
    probed('ok');
    probed('ok', 'b');
    expect(pass(9050)).toEqual(expect.arrayContaining(['suspected', 'probe']));
    expect(routable()).toEqual([2]);
    expect(probed('ok')).toEqual(['recovered']);
    expect(routable()).toHaveLength(2);
  });

  it('keeps an instance that renews its lease', () => {
    const { heard, pass, probed } = setup();
    heard({ ...OWNED, ttl: 10 });
    for (let count = 0; count < 10; count++) {
      expect(pass(9000)).not.toContain('suspected');
      probed('ok');
      heard({ ...OWNED, ttl: 10 });
    }
  });

  it('suspects an instance that left its presence channel, but not for an earlier run', () => {
    const { types, heard, routable } = setup();
    types({ type: 'joined', announcement: announcement({ ...OWNED, inc: 2 }) });
    heard({ id: 'b', inc: 1, port: 2 });
    expect(types({ type: 'departed', id: 'a', inc: 1 })).toEqual([]);
    expect(types({ type: 'departed', id: 'a', inc: 2 })).toEqual(['suspected']);
    expect(routable()).toEqual([2]);
  });

  it('keeps routing to all instances if all are suspect', () => {
    const { types, routable } = setup();
    for (const id of ['a', 'b', 'c'])
      types({
        type: 'joined',
        announcement: announcement({ id, inc: 1, port: id.codePointAt(0) }),
      });
    for (const id of ['a', 'b', 'c']) types({ type: 'departed', id, inc: 1 });
    expect(routable()).toHaveLength(3);
  });

  it('does not use a relayed, unverified instance while another is healthy', () => {
    const { told, heard, probed, routable } = setup();
    told({ ...OWNED, port: 1 });
    expect(routable()).toEqual([1]);
    heard({ id: 'b', inc: 1, port: 2 });
    expect(routable()).toEqual([2]);
    expect(probed('ok')).toEqual(['recovered']);
    expect(new Set(routable())).toEqual(new Set([1, 2]));
  });

  it('sends no new requests to a draining instance', () => {
    const { heard, routable } = setup();
    heard(OWNED);
    heard({ ...OWNED, seq: 1, draining: true });
    expect(routable()).toEqual([]);
    heard({ ...OWNED, seq: 2, draining: false });
    expect(routable()).toEqual([1]);
  });

  it('probes again if a new announcement comes during a probe', () => {
    const { heard, pass, probed } = setup();
    heard(OWNED);
    expect(pass(DEFAULT_PROBE_RULES.intervalMs)).toEqual(['probe']);
    // The verdict on what was announced before is dropped by whoever asked.
    expect(heard({ ...OWNED, seq: 1, weight: 2 })).toEqual(['updated']);
    expect(pass(50)).toEqual(['probe']);
    expect(pass(60_000)).toEqual([]);
    probed('ok');
    expect(pass(DEFAULT_PROBE_RULES.intervalMs)).toEqual(['probe']);
  });

  it('forgets an instance that was down for ten minutes', () => {
    const { table, heard, probed, pass } = setup();
    heard(OWNED);
    probed('refused');
    pass(RULES.forgetAfterMs - 1000);
    expect(table.all()).toHaveLength(1);
    expect(pass(2000)).toContain('forgotten');
    expect(table.all()).toEqual([]);
    expect(table.knows('/v1')).toBe(true);
  });
});

describe('probes', () => {
  const BIG = 2000;

  it('run at the configured interval', () => {
    const { heard, pass, probed } = setup({ probeRules: { intervalMs: 5000 } });
    heard(OWNED);
    pass(5000);
    probed('ok');
    expect(pass(4900)).toEqual([]);
    expect(pass(150)).toEqual(['probe']);
  });

  it('take an instance down after the configured number of consecutive failures', () => {
    const { heard, probed } = setup({ probeRules: { failureThreshold: 3 } });
    heard(OWNED);
    for (const verdict of ['failed', 'failed', 'ok', 'failed', 'failed'] as const)
      expect(probed(verdict)).toEqual([]);
    expect(probed('failed')).toEqual(['down']);
  });

  it.each(['always', 'suspect'] as const)(
    '(%s) bring an instance back after the configured number of consecutive successes',
    (probes) => {
      const { heard, pass, probed, routable } = setup({
        probes,
        probeRules: { successThreshold: 2 },
      });
      heard(OWNED);
      probed('refused');
      expect(probed('ok')).toEqual([]);
      probed('failed');
      expect(probed('ok')).toEqual([]);
      expect(routable()).toEqual([]);
      expect(pass(DEFAULT_PROBE_RULES.intervalMs + 50)).toEqual(['probe']);
      expect(probed('ok')).toEqual(['recovered']);
      expect(routable()).toEqual([1]);
    },
  );

  it('need one success for a suspect instance', () => {
    const { told, probed } = setup({ probeRules: { successThreshold: 3 } });
    told(OWNED);
    expect(probed('ok')).toEqual(['recovered']);
  });

  it('are limited to 2000 a second', () => {
    const { heard, probed, pass } = setup();
    for (let port = 1; port <= BIG; port++) heard({ id: `i${port}`, inc: 1, port });
    const answer = () => {
      for (let port = 1; port <= BIG; port++) probed('ok', `i${port}`);
    };
    pass(BIG * RULES.msPerOwnProbe);
    answer();
    expect(pass(BIG * RULES.msPerOwnProbe - 100)).not.toContain('probe');
    expect(pass(200).filter((type) => type === 'probe')).toHaveLength(BIG);
  });

  it('of an observer with probes: suspect go only to suspect and down instances', () => {
    const { types, heard, told, probed, pass, routable } = setup({ probes: 'suspect' });
    heard(OWNED);
    expect(pass(60_000)).toEqual([]);
    types({ type: 'departed', id: 'a', inc: 1 });
    expect(pass(50)).toEqual(['probe']);
    expect(probed('failed')).toEqual([]);
    expect(pass(RULES.reprobeMs + 50)).toEqual(['probe']);
    expect(probed('failed')).toEqual(['down']);
    expect(pass(DEFAULT_PROBE_RULES.intervalMs + 50)).toEqual(['probe']);
    expect(probed('ok')).toEqual(['recovered']);
    expect(pass(60_000)).toEqual([]);
    told({ id: 'b', inc: 1, port: 2 });
    expect(pass(50)).toEqual(['probe']);
    expect(routable()).toEqual([1]);
  });
});

describe('an observer that does not probe', () => {
  it('trusts an owner that is present again', () => {
    const { types, heard, pass, routable } = setup({ probes: 'never' });
    heard(OWNED);
    types({ type: 'departed', id: 'a', inc: 1 });
    expect(pass(RULES.suspectMs + 50)).toEqual(['down']);
    expect(types({ type: 'joined', announcement: announcement(OWNED) })).toEqual(['recovered']);
    expect(routable()).toEqual([1]);
  });

  it('takes down a suspect instance some time after the link returns, not at once', () => {
    const { types, heard, pass } = setup({ probes: 'never' });
    heard(OWNED);
    types({ type: 'departed', id: 'a', inc: 1 });
    types({ type: 'link', isUp: false });
    expect(pass(60_000)).toEqual([]);
    types({ type: 'link', isUp: true });
    expect(pass(RULES.suspectMs - 50)).toEqual([]);
    expect(pass(50)).toEqual(['down']);
  });

  it('trusts announcements, and takes down a suspect instance after a while', () => {
    const { types, told, pass, routable } = setup({ probes: 'never' });
    told(OWNED);
    types({ type: 'joined', announcement: announcement(OWNED) });
    expect(pass(60_000)).toEqual([]);
    types({ type: 'departed', id: 'a', inc: 1 });
    expect(routable()).toEqual([1]);
    expect(pass(RULES.suspectMs + 50)).toEqual(['down']);
    expect(routable()).toEqual([]);
  });
});
