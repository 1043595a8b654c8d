import { expect, it } from 'vitest';
import { renewalTime, retryDelay } from '../../src/certificates/schedule.ts';

const DAY = 86_400_000;

it('a certificate is renewed at two thirds of its life, or a little before', () => {
  const life = { notBefore: 0, notAfter: 90 * DAY };
  expect(renewalTime(life, 0)).toBe(60 * DAY);
  expect(renewalTime(life, 1)).toBeCloseTo(55.5 * DAY);
});

it('an order is repeated after a minute, and twice as long each time, up to a day', () => {
  expect([1, 2, 3, 4].map((failures) => retryDelay(failures, 0))).toEqual([
    60_000, 120_000, 240_000, 480_000,
  ]);
  expect(retryDelay(50, 0)).toBe(DAY);
  expect(retryDelay(50, 1)).toBe(0.8 * DAY);
});
