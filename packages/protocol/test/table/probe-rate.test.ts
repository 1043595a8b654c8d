import { describe, expect, it } from 'vitest';
import { OWNED, setup } from './setup.ts';

const MINUTE = 60_000;
const requests = (probes: string[]): number => probes.filter((each) => each === 'probe').length;

it('thousands of instances that were verified at once are requested one after the other from then on', () => {
  const { told, watch } = setup();
  for (let port = 1; port <= 6000; port++) told({ id: `lease-${port}`, inc: 1, port });
  expect(requests(watch(50))).toBe(6000);
  const inTicks = Array.from({ length: 120 }, () => requests(watch(50)));
  expect(Math.max(...inTicks)).toBeLessThanOrEqual(200);
  // Twice in 6 s, as 2,000 a second are allowed.
  expect(inTicks.reduce((sum, each) => sum + each)).toBeGreaterThanOrEqual(11_000);
});

describe('a healthy instance', () => {
  it('without traffic is sent at most 30 requests a minute, and 60 connections without one', () => {
    const { heard, watch } = setup();
    heard(OWNED);
    watch(5000);
    const probes = watch(MINUTE);
    expect(requests(probes)).toBeLessThanOrEqual(30);
    expect(requests(probes)).toBeGreaterThanOrEqual(28);
    expect(probes.length).toBeLessThanOrEqual(90);
  });

  it('that answers clients is sent at most 6 requests a minute, and no connections', () => {
    const { heard, watch, served } = setup();
    heard(OWNED);
    watch(5000);
    const probes = watch(MINUTE, 'ok', () => served());
    expect(requests(probes)).toBeLessThanOrEqual(7);
    expect(requests(probes)).toBeGreaterThanOrEqual(5);
    expect(probes).not.toContain('connect');
  });

  it('that announces a health path is probed there, although it answers clients', () => {
    const { heard, watch, served } = setup();
    heard({ ...OWNED, health: { path: '/ready' } });
    watch(5000);
    expect(requests(watch(MINUTE, 'ok', () => served()))).toBeGreaterThanOrEqual(28);
  });

  it('that serves TLS is never sent a connection without a handshake', () => {
    const { heard, watch } = setup();
    heard({ ...OWNED, scheme: 'https' });
    expect(watch(MINUTE)).not.toContain('connect');
  });

  it('is not shown to be healthy by its port alone', () => {
    const { types, heard, pass, connected, status } = setup();
    heard(OWNED);
    types({ type: 'departed', id: 'a', inc: 1 });
    connected('ok');
    expect(status()).toBe('suspect');
    expect(pass(50)).toEqual(['probe']);
  });

  it.each([0, 500, 1000, 1500, 1950])(
    'that hangs %d ms after its last probe or answer is found within 5 s',
    (after) => {
      for (const hasTraffic of [false, true]) {
        const { heard, watch, served, hang } = setup();
        heard(OWNED);
        watch(4000 + after, 'ok', () => hasTraffic && served());
        expect(hang()).toBeLessThan(4600);
      }
    },
  );

  it('that is killed is found within a second by its port', () => {
    const { heard, watch, clock, status } = setup();
    heard(OWNED);
    for (const after of [0, 400, 800, 1200, 1600]) {
      watch(4000 + after);
      const killedAt = clock.now;
      while (status() === 'healthy') watch(50, 'refused');
      expect(clock.now - killedAt).toBeLessThan(1000);
      watch(2000);
    }
  });
});
