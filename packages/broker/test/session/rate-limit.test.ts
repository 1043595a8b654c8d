import { expect, it } from 'vitest';
import { RateLimit } from '../../src/session/rate-limit.ts';

it('allows the limit in each second, counted from the first event', () => {
  const limit = new RateLimit(2);
  const allowed = [500, 600, 700, 1_499, 1_500, 1_500, 1_501, 9_000].map((now) =>
    limit.allows(now),
  );
  expect(allowed).toEqual([true, true, false, false, true, true, false, true]);
});
