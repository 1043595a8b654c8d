import { describe, expect, it } from 'vitest';
import { fromIsoTimes, withIsoTimes } from '@rollcall/runtime';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const INSIDE = {
  now: AT,
  inc: AT,
  history: [{ at: AT, last: AT, what: undefined }],
  announcement: { extra: { at: 5 } },
};
const ISO = '2026-01-02T03:04:05.678Z';
const OUTSIDE = { ...INSIDE, now: ISO, history: [{ at: ISO, last: ISO, what: undefined }] };

describe('times in JSON', () => {
  it('are ISO 8601, except in what a service announces', () => {
    expect(withIsoTimes(INSIDE)).toEqual(OUTSIDE);
  });

  it('are read as milliseconds since 1970', () => {
    expect(fromIsoTimes(OUTSIDE)).toEqual(INSIDE);
  });
});
