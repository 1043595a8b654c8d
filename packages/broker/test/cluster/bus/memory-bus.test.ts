import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/app/unavailable-error.ts';
import { MemoryEngine } from '../../../src/cluster/bus/memory-bus.ts';
import type { MemoryBus } from '../../../src/cluster/bus/memory-bus.ts';
import { describeBus } from './conformance/describe-bus.ts';
import type { Engine } from './conformance/fixture.ts';

function startEngine(): Promise<Engine> {
  const engine = new MemoryEngine();
  return Promise.resolve({
    open: (handlers) => Promise.resolve(engine.open(handlers)),
    stop: () => Promise.resolve(engine.stop()),
    start: () => Promise.resolve(engine.start()),
    end: () => Promise.resolve(),
  });
}

describe('a bus in memory', () => {
  describeBus(startEngine);
});

describe('the link of one node', () => {
  let tasks: (() => void)[];
  let received: string[];
  let near: MemoryBus;
  let far: MemoryBus;
  const run = (): void => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) task();
  };
  beforeEach(() => {
    tasks = [];
    received = [];
    const engine = new MemoryEngine((task) => tasks.push(task));
    near = engine.open({ onMessage: () => {}, onLink: () => {} });
    far = engine.open({
      onMessage: (_, message) => received.push(message),
      onLink: (isUp) => received.push(isUp ? 'up' : 'down'),
    });
    run();
  });
  afterEach(() => Promise.all([near.close(), far.close()]));

  it('loses what is on its way when it is cut', async () => {
    await far.listen('a');
    const accepted = near.publish('a', 'lost');
    tasks.shift()?.();
    await accepted;
    far.cut();
    run();
    const unheard = near.publish('a', 'unheard');
    run();
    await unheard;
    far.heal();
    run();
    const heard = near.publish('a', 'heard');
    run();
    await heard;
    expect(received).toEqual(['up', 'down', 'up', 'heard']);
  });

  it('rejects what was not accepted when it is cut', async () => {
    const rejected = near.publish('a', 'x');
    near.cut();
    near.heal();
    run();
    await expect(rejected).rejects.toThrow(UnavailableError);
  });
});
