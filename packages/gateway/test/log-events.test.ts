import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Directory, DirectoryEvents, Refusal } from '@rollcall/client';
import type { RefusedEntry } from '@rollcall/protocol';
import { loggerTo } from '../../../test/support/log.ts';
import { logEvents } from '../src/log-events.ts';
import type { Rollouts } from '../src/rollout/rollouts.ts';

let lines: string[];
let directory: EventEmitter<DirectoryEvents>;

/** Starts to log, with what came before. */
function start(refused: readonly RefusedEntry[] = [], unproven: readonly Refusal[] = []): void {
  lines = [];
  directory = new EventEmitter();
  const known = { instances: () => [], unproven: () => unproven };
  logEvents(
    {
      directory: Object.assign(directory, known) as unknown as Directory,
      journal: { refused },
      states: { listen: () => {} },
      plane: {
        whenApplied: (call) => call(),
        rollouts: { listen: () => {}, prefixes: () => [] } as unknown as Rollouts,
      },
    },
    {},
    loggerTo(lines),
  );
}
beforeEach(() => {
  vi.useFakeTimers();
  start();
});
afterEach(() => vi.useRealTimers());

it('begins with what was refused and what was not proven before, such as in a snapshot', () => {
  const refusal = { code: 'unsigned', reason: 'it is not signed' } as const;
  start([{ at: 0, event: 'snapshot', refusal }], [refusal]);
  expect(lines).toEqual([
    'refused snapshot (unsigned): it is not signed',
    'accepted, but not proven (unsigned): it is not signed',
  ]);
});

it('logs no more events in a minute than a table has instances, and says how many more there were', () => {
  for (let n = 1; n <= 20_010; n++) directory.emit('broker-connected', '127.0.0.1:6001');
  directory.emit('broker-disconnected', '127.0.0.1:6001', []);
  expect(lines).toHaveLength(20_001);
  expect(lines.at(-1)).toMatch(/^lost the connection/);
  vi.advanceTimersByTime(60_000);
  expect(lines.at(-1)).toMatch(/^connected to the broker .*: further lines omitted lines=10$/);
});

it('logs 100 refusals in ten seconds, and they take no room from other events', () => {
  const refusal = { code: 'bad-port', reason: 'port is missing' } as const;
  for (let n = 1; n <= 20_010; n++) directory.emit('refused', 'register', refusal);
  directory.emit('broker-disconnected', '127.0.0.1:6001', []);
  expect(lines).toHaveLength(101);
  vi.advanceTimersByTime(10_000);
  expect(lines.at(-1)).toMatch(/^refused register .*: further lines omitted lines=19910$/);
});

it('logs once that messages are dropped, and then how many', () => {
  directory.emit('dropped', 'superseded');
  expect(lines).toEqual([]);
  for (let n = 1; n <= 100; n++) directory.emit('dropped', 'full');
  expect(lines).toEqual(['dropped a message of the registry: too many came at once']);
  vi.advanceTimersByTime(10_000);
  expect(lines.slice(1)).toEqual([expect.stringMatching(/further lines omitted lines=99$/)]);
});
