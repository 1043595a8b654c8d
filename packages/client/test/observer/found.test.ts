import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { found } from '../../src/observer/found.ts';

it('is found at the broker that is connected second, if the first one is empty', async () => {
  const directory = Object.assign(new EventEmitter(), {
    routable: (): readonly unknown[] => instances,
  });
  let instances: readonly unknown[] = [];
  let isFound = false;
  const waiting = found(directory, '/v1').then(() => (isFound = true));
  directory.emit('resynced');
  await Promise.resolve();
  expect(isFound).toBe(false);
  instances = ['a'];
  directory.emit('resynced');
  await waiting;
  expect(directory.listenerCount('resynced')).toBe(0);
});
