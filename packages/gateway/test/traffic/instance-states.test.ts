import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { Change, Instance } from '@rollcall/client';
import { newEntry } from '@rollcall/protocol';
import { InstanceStates } from '../../src/traffic/instance-states.ts';
import { NO_LOAD } from '../../src/traffic/process-load.ts';

const entryOf = (id: string) =>
  newEntry(id, { prefix: '/v1', address: '10.0.0.1', port: 1, id, inc: 1 }, 0);

class Table extends EventEmitter<{ change: [Change] }> {
  readonly entries: Instance[] = [];
  instances = () => this.entries;
  routable = () => this.entries;
}

it('the states of many instances that change are read without adding up the loads for each of them', () => {
  const table = new Table();
  let [now, added] = [0, 0];
  const states = new InstanceStates({ directory: table, now: () => now, epoch: () => 0 });
  const inFlight: [string, number][] = [];
  states.observe({
    loads: () => {
      added++;
      return [{ ...NO_LOAD, inFlight }];
    },
    whenApplied: (call) => call(),
  });
  states.read();
  const before = added;
  for (let index = 0; index < 1000; index++) {
    const instance = entryOf(`i${index}`);
    table.entries.push(instance);
    table.emit('change', { type: 'registered', instance, why: '' });
    expect(states.read()(instance).state).toBe('healthy');
  }
  expect(added).toBe(before);

  // A drained instance must not be shown as drained while a request to it is in flight.
  inFlight.push(['i0', 1]);
  const draining = { ...entryOf('i0'), isDrained: true };
  table.emit('change', { type: 'updated', instance: draining, why: '' });
  expect(states.read()(draining).state).toBe('draining');
  now += 1000;
  inFlight.length = 0;
  expect(states.read()(draining).state).toBe('drained');
  states.close();
});
