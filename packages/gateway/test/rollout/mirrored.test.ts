import { beforeEach, describe, expect, it } from 'vitest';
import { newArm } from '../../src/rollout/evidence.ts';
import { observeLatency } from '../../src/rollout/latencies.ts';
import { Rollout } from '../../src/rollout/rollout.ts';
import type { PresentVersion } from '../../src/rollout/rollout.ts';
import type { VersionChange } from '../../src/rollout/version-state.ts';

const RULES = { stepMs: 30_000 };
const MIRRORED = { ...RULES, mirrored: '1.5' };
const PRESENT: readonly PresentVersion[] = ['1.4', '1.5'].map((version) => ({
  version,
  instances: 2,
  weight: 2,
  startedAt: 0,
}));

let rollout: Rollout;
let now: number;
beforeEach(() => {
  now = 0;
  rollout = new Rollout(RULES, [], 0);
});

/** Version 1.5 appears beside 1.4, under the rules that hold then. */
function begin(): VersionChange[] {
  rollout.update(PRESENT.slice(0, 1), now);
  now += RULES.stepMs;
  rollout.tick([], now);
  return rollout.update(PRESENT, now);
}

function configure(rules: typeof RULES): VersionChange[] {
  rollout.configure(rules);
  return rollout.update(PRESENT, now);
}

/** Seconds of 1000 requests, of which so many of the new version fail. */
function serve(seconds: number, failures = 0): VersionChange[] {
  return Array.from({ length: seconds }, () => {
    now += 1000;
    const { epoch = 0, groups = [] } = rollout.split ?? {};
    const arms = groups.map(({ share }, group) => {
      const arm = { ...newArm(), requests: 1000 * share, failures: group * failures };
      for (let each = arm.failures; each < arm.requests; each++) observeLatency(arm.latencies, 20);
      return arm;
    });
    return rollout.tick([{ epoch, arms }], now);
  }).flat();
}

const seen = () => rollout.views().find(({ version }) => version === '1.5');

describe('a version that requests are mirrored to', () => {
  it('receives nothing and is not compared, however long that lasts', () => {
    rollout.configure(MIRRORED);
    const [change] = begin();
    expect(change).toMatchObject({
      type: 'testing',
      why: 'it receives copies of requests only, and is compared when mirroring ends',
    });
    expect(serve(60 * 20)).toEqual([]);
    expect(seen()).toMatchObject({ state: 'testing', share: 0 });
  });

  it('begins with its first share when that ends', () => {
    rollout.configure(MIRRORED);
    begin();
    serve(600);
    expect(configure(RULES)).toMatchObject([{ type: 'testing' }]);
    expect(seen()?.share).toBe(0.05);
  });

  it('is not compared any more if it was', () => {
    begin();
    serve(60);
    expect(seen()?.share).toBe(0.25);
    configure(MIRRORED);
    expect(seen()).toMatchObject({ state: 'testing', share: 0 });
    expect(serve(600)).toEqual([]);
  });

  it('stays held back if it was', () => {
    begin();
    serve(120, 5);
    expect(seen()?.state).toBe('held');
    configure(MIRRORED);
    configure(RULES);
    expect(seen()?.state).toBe('held');
  });
});
