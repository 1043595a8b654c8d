import { beforeEach, describe, expect, it } from 'vitest';
import type { Change, Instance } from '@rollcall/client';
import type { VersionEvent } from '@rollcall/protocol';
import { newArm } from '../../src/rollout/evidence.ts';
import { Rollouts } from '../../src/rollout/rollouts.ts';
import type { RolloutRules } from '../../src/rollout/rollout.ts';
import type { Split } from '../../src/rollout/split.ts';

const STEP_MS = 30_000;
const SAVED = [
  {
    prefix: '/v1',
    versions: [
      { version: '1.4', state: 'accepted', why: 'it was there first' },
      { version: '1.5', state: 'held', why: 'it fails' },
    ],
  },
] as const;

let table: Map<string, Instance>;
let now: number;
let rules: RolloutRules | undefined;
let splits: Map<string, Split | undefined>;
let told: VersionEvent[];
let rollouts: Rollouts;
/** How often the instances of a prefix were looked at. */
let looks: number;

beforeEach(() => {
  table = new Map();
  now = 0;
  rules = { stepMs: STEP_MS };
  splits = new Map();
  told = [];
  looks = 0;
  start();
});

const all = (prefix?: string) =>
  [...table.values()].filter(
    ({ announcement }) => prefix === undefined || announcement.prefix === prefix,
  );

function start(saved: ConstructorParameters<typeof Rollouts>[0]['saved'] = []): void {
  rollouts = new Rollouts({
    directory: {
      instances: (prefix) => (looks++, all(prefix)),
      routable: (prefix) => all(prefix).filter(({ status }) => status === 'healthy'),
    },
    rulesOf: () => rules,
    saved,
    now: () => now,
    epoch: () => 0,
    onSplit: (prefix, split) => splits.set(prefix, split),
  });
  rollouts.listen((event) => told.push(event));
}

function change(
  type: Change['type'],
  key: string,
  {
    version,
    prefix = '/v1',
    status = 'healthy',
  }: { version?: string; prefix?: string; status?: Instance['status'] } = {},
): void {
  const announcement = { prefix, port: 1, address: '10.0.0.1', inc: 1, seq: 0, id: key };
  const instance: Instance = {
    key,
    announcement: version === undefined ? announcement : { ...announcement, version },
    status,
    since: now,
  };
  if (type === 'left') table.delete(key);
  else table.set(key, instance);
  rollouts.apply({ type, instance, why: '' });
}

function tick(milliseconds: number): void {
  now += milliseconds;
  rollouts.tick([]);
}

function begin(): void {
  change('registered', 'a', { version: '1.4' });
  tick(STEP_MS);
  change('registered', 'b', { version: '1.5' });
}

describe('rollouts', () => {
  it('look at the instances of a service only when a version comes or goes', () => {
    change('registered', 'a', { version: '1.4' });
    tick(STEP_MS);
    looks = 0;
    for (let count = 0; count < 100; count++) change('registered', `i${count}`, { version: '1.4' });
    for (let count = 0; count < 50; count++) change('left', `i${count}`, { version: '1.4' });
    tick(1000);
    expect(looks).toBe(0);
    expect(splits.size).toBe(0);
    expect(rollouts.of('/v1')).toEqual([]);
  });

  it('have a new version receive a small share from its first request on', () => {
    begin();
    expect(splits.get('/v1')?.groups[1]).toEqual({ versions: ['1.5'], share: 0.05 });
    expect(told.at(-1)).toEqual({
      type: 'version-testing',
      prefix: '/v1',
      version: '1.5',
      why: 'it is compared with version 1.4, and receives at most 5 % of the requests',
    });
  });

  it('follow a service that changes the version of its instances', () => {
    begin();
    change('updated', 'a', { version: '1.5' });
    expect(splits.get('/v1')).toBeUndefined();
  });

  it('notice within a tick that instances receive no traffic any more', () => {
    begin();
    change('down', 'a', { version: '1.4', status: 'down' });
    tick(1000);
    expect(splits.get('/v1')).toBeUndefined();
  });

  it('know each service alone', () => {
    begin();
    change('registered', 'c', { version: '9', prefix: '/v2' });
    tick(STEP_MS);
    expect(rollouts.of('/v2')).toEqual([]);
    expect(rollouts.of('/v1').map(({ version, state }) => [version, state])).toEqual([
      ['1.4', 'accepted'],
      ['1.5', 'testing'],
    ]);
  });

  it('take in evidence of their own service', () => {
    begin();
    const arms = [
      { ...newArm(), requests: 950 },
      { ...newArm(), requests: 50, failures: 10 },
    ];
    const epoch = splits.get('/v1')?.epoch ?? 0;
    for (let second = 0; second < 10; second++)
      rollouts.tick([{ service: second < 5 ? '/v2' : '/v1', epoch, arms }]);
    expect(told.at(-1)).toMatchObject({ type: 'version-held', version: '1.5' });
    expect(rollouts.of('/v1').at(-1)).toMatchObject({ state: 'held', share: 0 });
  });

  it('end when the setting is turned off, and begin anew when it is turned on', () => {
    begin();
    rules = undefined;
    rollouts.configure();
    expect(splits.get('/v1')).toBeUndefined();
    expect(rollouts.of('/v1')).toEqual([]);
    rules = { stepMs: STEP_MS };
    rollouts.configure();
    tick(STEP_MS);
    expect(splits.get('/v1')?.groups).toHaveLength(2);
  });

  it('keep the latest decisions while the setting is turned off, not those of the snapshot', () => {
    start(SAVED);
    begin();
    rollouts.decide('/v1', '1.5', 'accepted');
    rollouts.decide('/v1', '1.4', 'held');
    rules = undefined;
    rollouts.configure();
    rollouts.configure();
    rules = { stepMs: STEP_MS };
    rollouts.configure();
    expect(rollouts.of('/v1').map(({ version, state }) => [version, state])).toEqual([
      ['1.4', 'held'],
      ['1.5', 'accepted'],
    ]);
  });

  it('begin anew with a service that was forgotten and comes back, even if a snapshot has them', () => {
    start(SAVED);
    begin();
    expect(rollouts.of('/v1').map(({ state }) => state)).toEqual(['accepted', 'held']);
    for (const key of ['a', 'b']) change('left', key);
    rollouts.forgetPrefix('/v1');
    begin();
    expect(rollouts.of('/v1').map(({ version, state }) => [version, state])).toEqual([
      ['1.4', 'accepted'],
      ['1.5', 'testing'],
    ]);
  });

  it('forget a service that is not known any more', () => {
    begin();
    rollouts.forgetPrefix('/v1');
    expect(splits.get('/v1')).toBeUndefined();
    expect([...rollouts.prefixes()]).toEqual([]);
  });

  it('are remembered across a restart', () => {
    begin();
    rollouts.decide('/v1', '1.5', 'held');
    change('registered', 'c', { prefix: '/v2' });
    tick(STEP_MS);
    const saved = rollouts.export();
    expect(saved.map(({ prefix }) => prefix)).toEqual(['/v1']);
    splits.clear();
    start(saved);
    expect(splits.get('/v1')?.groups[1]).toEqual({ versions: ['1.5'], share: 0 });
  });

  it('are remembered across restarts while the setting is turned off', () => {
    rules = undefined;
    start(SAVED);
    begin();
    expect(rollouts.export()).toEqual(SAVED);
    start(rollouts.export());
    rules = { stepMs: STEP_MS };
    rollouts.configure();
    expect(rollouts.of('/v1').map(({ state }) => state)).toEqual(['accepted', 'held']);
    rules = undefined;
    rollouts.configure();
    expect(rollouts.export().map(({ prefix }) => prefix)).toEqual(['/v1']);
    rollouts.forgetPrefix('/v1');
    expect(rollouts.export()).toEqual([]);
  });

  it('show which instances receive nothing', () => {
    begin();
    const [old, recent] = [...table.values()];
    if (old === undefined || recent === undefined) throw new Error('no instances');
    expect(rollouts.isHeld(recent)).toBe(false);
    rollouts.decide('/v1', '1.5', 'held');
    expect([rollouts.isHeld(old), rollouts.isHeld(recent)]).toEqual([false, true]);
    change('left', 'a', { version: '1.4' });
    expect(rollouts.isHeld(recent)).toBe(false);
  });

  it('do as a person decides, and refuse a version that there is not', () => {
    begin();
    expect(rollouts.decide('/v1', '1.5', 'accepted')).toMatchObject({ state: 'accepted' });
    expect(told.at(-1)).toMatchObject({
      type: 'version-accepted',
      why: 'an operator has decided so',
    });
    expect(rollouts.decide('/v1', '2', 'accepted')).toBeUndefined();
    expect(rollouts.decide('/v9', '1.5', 'accepted')).toBeUndefined();
  });
});
