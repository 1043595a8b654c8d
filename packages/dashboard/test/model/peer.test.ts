import { expect, it } from 'vitest';
import { describePeer } from '../../src/model/peer.ts';

const text = (fields: object) =>
  describePeer({ name: 'g', at: 8000, size: 5, missingHere: 0, ...fields }, 10_000).text;

it('another gateway had the same table, or lacked or had more entries', () => {
  expect(text({ missingThere: 0 })).toBe('same table as this gateway 2 s ago');
  expect(text({ missingThere: 1 })).toBe('synchronized 2 s ago: it lacked 1 entry');
  expect(text({ missingThere: 2, missingHere: 3 })).toBe(
    'synchronized 2 s ago: it lacked 2 entries, this gateway lacked 3 entries',
  );
  expect(text({})).toMatch(/too large to compare/);
});
