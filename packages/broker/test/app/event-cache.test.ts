import { expect, it } from 'vitest';
import { EventCache } from '../../src/app/event-cache.ts';

it('forgets the oldest events when all together are too large', () => {
  const cache = new EventCache(() => 0, 100_000);
  const data = 'x'.repeat(10_000);
  for (let n = 0; n < 20; n++) cache.put(`cache-${n}`, { name: 'e', data: data });
  const kept = Array.from({ length: 20 }, (_, n) => n).filter((n) => cache.get(`cache-${n}`));
  expect(kept).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

it('counts an event of which there is a later one no more', () => {
  const cache = new EventCache(() => 0, 100_000);
  cache.put('cache-other', { name: 'e', data: 'x' });
  for (let n = 0; n < 100; n++) cache.put('cache-a', { name: 'e', data: 'x'.repeat(10_000) });
  expect(cache.get('cache-other')).toBeDefined();
});
