import { beforeEach, describe, expect, it } from 'vitest';
import { newArm } from '../../src/rollout/evidence.ts';
import type { Arm } from '../../src/rollout/evidence.ts';
import { observeLatency } from '../../src/rollout/latencies.ts';
import { Rollout } from '../../src/rollout/rollout.ts';
import type { PresentVersion } from '../../src/rollout/rollout.ts';
import type { SavedVersion, VersionChange } from '../../src/rollout/version-state.ts';

const STEP_MS = 30_000;

let rollout: Rollout;
let now: number;
beforeEach(() => {
  now = 0;
  rollout = new Rollout({ stepMs: STEP_MS }, [], 0);
});

function version(name: string, instances = 2, startedAt = 0): PresentVersion {
  return { version: name, instances, weight: instances, startedAt };
}

function wait(milliseconds: number): VersionChange[] {
  now += milliseconds;
  return rollout.tick([], now);
}

function update(...present: PresentVersion[]): VersionChange[] {
  return rollout.update(present, now);
}

/** Versions 1.4, which was there first, and 1.5. */
function begin(...present: PresentVersion[]): VersionChange[] {
  update(version('1.4'));
  wait(STEP_MS);
  return update(version('1.4'), version('1.5'), ...present);
}

function arm(requests: number, failures: number, ms: number, failedKeys: number[] = []): Arm {
  const made = { ...newArm(), requests, failures, failedKeys };
  for (let each = failures; each < requests; each++) observeLatency(made.latencies, ms);
  return made;
}

/** A second in which so many requests are shared as the split says. */
function serve(
  ofNew: { failures?: number; ms?: number; failedKeys?: number[] } = {},
  requests = 1000,
): VersionChange[] {
  now += 1000;
  const { split } = rollout;
  if (split === undefined) return rollout.tick([], now);
  const arms = split.groups.map(({ share }, group) =>
    group === 0
      ? arm(Math.round(requests * share), 0, 20)
      : arm(Math.round(requests * share), ofNew.failures ?? 0, ofNew.ms ?? 20, ofNew.failedKeys),
  );
  return rollout.tick([{ epoch: split.epoch, arms }], now);
}

function serveFor(
  seconds: number,
  ofNew?: { failures?: number; ms?: number },
  requests?: number,
): VersionChange[] {
  return Array.from({ length: seconds }, () => serve(ofNew, requests)).flat();
}

const stateOf = (name: string) => rollout.views().find((each) => each.version === name)?.state;
const shareOf = (name: string) =>
  rollout.split?.groups.find(({ versions }) => versions.includes(name))?.share;

describe('a rollout', () => {
  it('needs no rule while there is one version, or none', () => {
    update(version(''));
    wait(STEP_MS);
    expect(rollout.split).toBeUndefined();
    expect(rollout.isActive).toBe(false);
  });

  it('gives a version that appears beside another a share of 5 %', () => {
    expect(begin()).toEqual([
      {
        version: '1.5',
        type: 'testing',
        why: 'it is compared with version 1.4, and receives at most 5 % of the requests',
      },
    ]);
    expect(rollout.split?.groups).toEqual([
      { versions: ['1.4'], share: 0.95 },
      { versions: ['1.5'], share: 0.05 },
    ]);
  });

  it('grows the share by steps while the version is as good, and accepts it', () => {
    begin();
    const changes = serveFor(300);
    expect(changes.map(({ type }) => type)).toEqual([
      'grown',
      'grown',
      'grown',
      'grown',
      'accepted',
    ]);
    expect(changes[0]?.why).toMatch(
      /^at most 10 % of the requests, because 0 % of [\d,]+ requests failed, 0 % of [\d,]+ of version 1.4$/,
    );
    expect(rollout.split).toBeUndefined();
  });

  it('keeps each share for a step at least, however many requests there are', () => {
    begin();
    serveFor(29, {}, 100_000);
    expect(shareOf('1.5')).toBe(0.05);
  });

  it('holds a version that fails more often, with the figures', () => {
    begin();
    const changes = serveFor(10, { failures: 2 });
    expect(changes).toEqual([
      {
        version: '1.5',
        type: 'held',
        why: expect.stringMatching(
          /^4 % of 150 requests failed, 0 % of 2,850 of version 1.4$/,
        ) as string,
      },
    ]);
    expect(shareOf('1.5')).toBe(0);
  });

  it('holds a version that is slower, with the figures', () => {
    begin();
    const [change] = serveFor(60, { ms: 30 });
    expect(change).toMatchObject({ version: '1.5', type: 'held' });
    expect(change?.why).toMatch(
      /^half of its responses took longer than 29 ms, 20 ms with version 1.4; one in twenty 29 ms, 20 ms$/,
    );
  });

  it('counts the failures of a client that is sticky once, in the whole comparison', () => {
    begin();
    const changes = Array.from({ length: 100 }, () => serve({ failedKeys: [7] })).flat();
    expect(changes.map(({ type }) => type)).toEqual(['grown', 'grown', 'grown']);
    expect(rollout.views().at(-1)?.compared?.own.failures).toBe(1);
  });

  it('holds a version whose sticky clients fail', () => {
    begin();
    const changes = Array.from({ length: 10 }, (_, second) =>
      serve({ failedKeys: [second, second + 1] }),
    ).flat();
    expect(changes).toMatchObject([{ type: 'held' }]);
  });

  it('does not hold a version because of one bad second', () => {
    begin();
    expect(serve({ failures: 50 })).toEqual([]);
    expect(serve({ ms: 10_000 })).toEqual([]);
    expect(stateOf('1.5')).toBe('testing');
  });

  it('grows the share with time if there are too few requests, and accepts by evidence only', () => {
    begin();
    const changes = serveFor(4 * 300, {}, 0);
    expect(changes.map(({ type }) => type)).toEqual(['grown', 'grown', 'grown', 'grown']);
    expect(serveFor(3600, {}, 0)).toEqual([]);
    expect(shareOf('1.5')).toBe(0.5);
    expect(serveFor(60).map(({ type }) => type)).toEqual(['accepted']);
  });

  it('does not grow the share of a version that looks worse', () => {
    begin();
    for (let failure = 0; failure < 2; failure++) serve({ failures: 1 }, 100);
    serveFor(3600, {}, 0);
    expect(stateOf('1.5')).toBe('testing');
    expect(shareOf('1.5')).toBe(0.05);
  });

  it('holds a version until a person decides otherwise, even if all instances leave and come back', () => {
    begin();
    serveFor(10, { failures: 2 });
    update(version('1.4'));
    wait(24 * 3_600_000);
    expect(update(version('1.4'), version('1.5'))).toEqual([]);
    expect(shareOf('1.5')).toBe(0);
  });

  it('sends a version that is held everything once the others are gone, and nothing when they are back', () => {
    begin();
    serveFor(10, { failures: 2 });
    update(version('1.5'));
    expect(rollout.split).toBeUndefined();
    update(version('1.4'), version('1.5'));
    expect(shareOf('1.5')).toBe(0);
  });

  it('sends a version that is held what the others cannot bear', () => {
    begin();
    serveFor(10, { failures: 2 });
    update(version('1.4', 1), version('1.5', 9));
    expect(shareOf('1.5')).toBeCloseTo(0.8);
  });

  it('takes instances that receive no traffic for gone', () => {
    begin();
    update({ ...version('1.4'), weight: 0 }, version('1.5'));
    expect(rollout.split).toBeUndefined();
  });

  it('rolls back at once: a version that was accepted is not new', () => {
    begin();
    serveFor(300);
    update(version('1.5'));
    expect(update(version('1.5'), version('1.4'))).toEqual([]);
    expect(rollout.split).toBeUndefined();
  });

  it('compares a further version with the accepted ones', () => {
    begin();
    serveFor(10, { failures: 2 });
    const [change] = update(version('1.4', 8), version('1.5'), version('1.6'));
    expect(change).toMatchObject({ version: '1.6', type: 'testing' });
    expect(rollout.split?.groups).toEqual([
      { versions: ['1.4'], share: 0.95 },
      { versions: ['1.5'], share: 0 },
      { versions: ['1.6'], share: 0.05 },
    ]);
    expect(serveFor(20, { failures: 2 }).map((each) => each.version)).toEqual(['1.6']);
  });

  it('sends a version that is held nothing while a new one can take the requests', () => {
    begin();
    serveFor(10, { failures: 2 });
    update(version('1.5'));
    update(version('1.5'), version('1.6'));
    expect(rollout.split?.groups).toEqual([
      { versions: ['1.6'], share: 1 },
      { versions: ['1.5'], share: 0 },
    ]);
    expect([stateOf('1.6'), stateOf('1.5')]).toEqual(['testing', 'held']);
    wait(STEP_MS);
    wait(STEP_MS);
    expect([stateOf('1.6'), stateOf('1.5')]).toEqual(['accepted', 'held']);
    expect(shareOf('1.5')).toBe(0);
  });

  it('sends a version that is held nothing when the accepted one is gone for a moment', () => {
    begin();
    serveFor(10, { failures: 2 });
    update(version('1.4'), version('1.5'), version('1.6'));
    update({ ...version('1.4'), weight: 0 }, version('1.5'), version('1.6'));
    expect([shareOf('1.5'), shareOf('1.6')]).toEqual([0, 1]);
    expect(stateOf('1.6')).toBe('testing');
  });

  it('accepts a version that is left alone for a while', () => {
    begin();
    update(version('1.5'));
    expect(wait(STEP_MS)).toEqual([]);
    expect(wait(STEP_MS)).toEqual([
      { version: '1.5', type: 'accepted', why: 'no version is left to compare it with' },
    ]);
  });

  it('goes on comparing when the old version was gone for a moment', () => {
    begin();
    update(version('1.5'));
    wait(STEP_MS);
    update(version('1.4'), version('1.5'));
    wait(STEP_MS);
    expect(stateOf('1.5')).toBe('testing');
  });

  it('takes the version that started first for the old one when a gateway starts', () => {
    update(version('1.5', 2, 2000));
    update(version('1.5', 2, 2000), version('1.4', 2, 1000));
    expect(rollout.split).toBeUndefined();
    const changes = wait(STEP_MS);
    expect(changes.map((each) => [each.version, each.type])).toEqual([['1.5', 'testing']]);
  });

  it('remembers across a restart what was decided, and compares anew what was not', () => {
    const saved: SavedVersion[] = [
      { version: '1.4', state: 'accepted', why: 'it was there first' },
      { version: '1.5', state: 'held', why: 'it fails' },
    ];
    rollout = new Rollout({ stepMs: STEP_MS }, saved, 0);
    update(version('1.4'), version('1.5'), version('1.6'));
    expect(shareOf('1.5')).toBe(0);
    wait(STEP_MS);
    expect(stateOf('1.6')).toBe('testing');
    expect(rollout.export()).toEqual(saved);
  });

  it('does as a person decides', () => {
    begin();
    expect(rollout.decide('1.5', 'held', now)).toMatchObject({ type: 'held' });
    expect(shareOf('1.5')).toBe(0);
    expect(rollout.decide('1.5', 'accepted', now)).toMatchObject({ type: 'accepted' });
    expect(rollout.split).toBeUndefined();
    expect(rollout.decide('1.5', 'testing', now)).toMatchObject({ type: 'testing' });
    expect(shareOf('1.5')).toBe(0.05);
    expect(rollout.decide('2.0', 'held', now)).toBeUndefined();
  });

  it('takes evidence of a split of before, and none of one that it does not know', () => {
    begin();
    const epoch = rollout.split?.epoch ?? 0;
    update(version('1.4', 39), version('1.5', 1));
    const arms = [arm(950, 0, 20), arm(50, 2, 20)];
    const changes = Array.from({ length: 10 }, () => {
      now += 1000;
      return rollout.tick(
        [
          { epoch, arms },
          { epoch: 999, arms },
        ],
        now,
      );
    }).flat();
    expect(changes.map(({ type }) => type)).toEqual(['held']);
  });
});
