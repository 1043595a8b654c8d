import { describe, expect, it } from 'vitest';
import { culpritOf } from '../../src/rollout/culprit.ts';

/** Instances of as many requests, and these failures. */
const instances = (failures: readonly number[], requests = 100) =>
  failures.map((each, index) => ({ key: String(index), requests, failures: each }));

describe('failures of a version', () => {
  it.each([
    ['8 of 8 at one of two', [0, 8], '1'],
    ['5 of 5 at one of four', [0, 5, 0, 0], '1'],
    ['20 of 24 at one of four', [2, 20, 1, 1], '1'],
  ])('are those of an instance: %s', (_what, failures, key) => {
    expect(culpritOf(instances(failures))).toMatchObject({ key });
  });

  it('are unclear while they are few, and most stand at one instance', () => {
    expect(culpritOf(instances([0, 5]))).toBe('unclear');
    expect(culpritOf(instances([0, 4, 1, 0]))).toBe('unclear');
    expect(culpritOf(instances([2, 5]))).toBe('version');
  });

  it.each([
    ['as many at each', [9, 11, 10, 10]],
    ['more at one, as chance has it', [6, 3, 2, 4]],
    ['one instance alone', [20]],
  ])('are those of the version: %s', (_what, failures) => {
    expect(culpritOf(instances(failures))).toBe('version');
  });

  it('are those of the version if one instance has nearly all requests', () => {
    const [some, few] = [
      { key: 'a', requests: 950, failures: 9 },
      { key: 'b', requests: 50, failures: 0 },
    ];
    expect(culpritOf([some, few])).toBe('version');
  });
});
