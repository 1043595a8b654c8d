import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { logDroppedFields } from '../../src/data-plane/dropped-fields.ts';
import { loggerTo } from '../../../../test/support/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('logs once that header fields are dropped', () => {
  const lines: string[] = [];
  const traffic = { droppedFields: 0 };
  const stop = logDroppedFields(traffic, loggerTo(lines));
  vi.advanceTimersByTime(5000);
  expect(lines).toEqual([]);
  for (let count = 1; count <= 3; count++) {
    traffic.droppedFields = count;
    vi.advanceTimersByTime(5000);
  }
  expect(lines).toEqual([
    'dropped a header field with a `_` in its name, or a `.` for a `-`: `underscoresInHeaders` would pass it on',
  ]);
  stop();
});
