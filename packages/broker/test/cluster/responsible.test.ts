import { expect, it } from 'vitest';
import { responsibleFor } from '../../src/cluster/responsible.ts';

const KEYS = Array.from({ length: 300 }, (_, index) => `channel-${index}`);

/** How many of some nodes are a, b and c. */
const counts = (nodes: readonly (string | undefined)[]) =>
  ['a', 'b', 'c'].map((node) => nodes.filter((each) => each === node).length);

it('the keys of a node that is gone spread over the others, and no other key moves', () => {
  const before = KEYS.map((key) => responsibleFor(key, ['a', 'b', 'c']));
  const after = KEYS.map((key) => responsibleFor(key, ['a', 'b']));
  for (const count of counts(before)) expect(count).toBeGreaterThan(70);
  const moved = after.filter((_, index) => before[index] === 'c');
  const [a = 0, b = 0] = counts(moved);
  expect(Math.min(a, b)).toBeGreaterThan(20);
  expect(after.filter((_, index) => before[index] !== 'c')).toEqual(
    before.filter((each) => each !== 'c'),
  );
});

it('all nodes agree, in any order in which they know each other, and of no nodes none is responsible', () => {
  for (const key of KEYS)
    expect(responsibleFor(key, ['b', 'a', 'c'])).toBe(responsibleFor(key, ['c', 'b', 'a']));
  expect(responsibleFor('channel-1', [])).toBeUndefined();
});
