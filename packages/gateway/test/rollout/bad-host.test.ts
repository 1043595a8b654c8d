import { beforeEach, describe, expect, it } from 'vitest';
import { newArm } from '../../src/rollout/evidence.ts';
import { observeLatency } from '../../src/rollout/latencies.ts';
import { Rollout } from '../../src/rollout/rollout.ts';
import type { PresentVersion } from '../../src/rollout/rollout.ts';
import type { VersionChange } from '../../src/rollout/version-state.ts';

const STEP_MS = 30_000;

let rollout: Rollout;
let now: number;
beforeEach(() => {
  now = STEP_MS;
  rollout = new Rollout({ stepMs: STEP_MS }, [], 0);
  rollout.update([version('1.4')], 0);
  rollout.tick([], now);
  rollout.update([version('1.4'), version('1.5')], now);
});

function version(name: string, instances = 2): PresentVersion {
  return { version: name, instances, weight: instances, startedAt: 0 };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** A second in which so many requests fail at each of the instances of the new version, which share its requests. */
function serveAt(failures: readonly number[], requests = 1000): VersionChange[] {
  now += 1000;
  const { split } = rollout;
  if (split === undefined) return rollout.tick([], now);
  const arms = split.groups.map(({ share }, group) => {
    const served = Math.round(requests * share);
    const failed = group === 0 ? [] : failures;
    const made = { ...newArm(), requests: served, failures: sumOf(failed) };
    for (let each = made.failures; each < served; each++) observeLatency(made.latencies, 20);
    for (const [index, each] of failed.entries())
      made.instances.set(`host ${index}`, { requests: served / failed.length, failures: each });
    return made;
  });
  return rollout.tick([{ epoch: split.epoch, arms }], now);
}

describe('a new version', () => {
  it('goes on without an instance that fails while the others of its version do not', () => {
    const changes = Array.from({ length: 10 }, () => serveAt([0, 2])).flat();
    expect(changes).toMatchObject([
      {
        type: 'testing',
        why: expect.stringMatching(
          /^it is compared anew without host 1, where \d+ of \d+ requests failed/,
        ),
      },
    ]);
    const later = Array.from({ length: 300 }, () => serveAt([0, 2])).flat();
    expect(later.map(({ type }) => type)).toEqual(['grown', 'grown', 'grown', 'grown', 'accepted']);
  });

  it('holds a version of which one instance has failed, and then the others', () => {
    for (let count = 0; count < 10; count++) serveAt([0, 2]);
    const changes = Array.from({ length: 10 }, () => serveAt([2, 2])).flat();
    expect(changes).toMatchObject([{ version: '1.5', type: 'held' }]);
  });

  it('holds a version that fails at all instances, or has one alone', () => {
    const changes = Array.from({ length: 10 }, () => serveAt([1, 1])).flat();
    expect(changes).toMatchObject([{ version: '1.5', type: 'held' }]);
    rollout.decide('1.5', 'testing', now);
    rollout.update([version('1.4'), version('1.5', 1)], now);
    const alone = Array.from({ length: 10 }, () => serveAt([2])).flat();
    expect(alone).toMatchObject([{ version: '1.5', type: 'held' }]);
  });
});
