import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChange, Table } from '@rollcall/protocol';
import type { Announcement, Change, TableEvent } from '@rollcall/protocol';
import { TO_WORKER } from '../../src/workers/messages.ts';
import { Replica } from '../../src/workers/replica.ts';

const PREFIXES = ['', '/a', '/b'];
const KEYS = ['one', 'two', 'three'];

const announcement = fc.record({
  prefix: fc.constantFrom(...PREFIXES),
  port: fc.integer({ min: 1, max: 3 }),
  address: fc.constant('10.0.0.1'),
  id: fc.constantFrom(...KEYS),
  inc: fc.integer({ min: 1, max: 2 }),
  seq: fc.integer({ min: 0, max: 3 }),
  draining: fc.boolean(),
}) satisfies fc.Arbitrary<Announcement>;

const event: fc.Arbitrary<TableEvent> = fc.oneof(
  fc.record({
    type: fc.constant('received' as const),
    statement: fc.record({ announcement, left: fc.boolean() }),
  }),
  fc.record({
    type: fc.constant('probed' as const),
    key: fc.constantFrom(...KEYS),
    verdict: fc.constantFrom('ok' as const, 'refused' as const, 'failed' as const),
    by: fc.constant('probe' as const),
  }),
  fc.record({
    type: fc.constantFrom('drained' as const, 'undrained' as const),
    key: fc.constantFrom(...KEYS),
  }),
  fc.record({ type: fc.constant('dismissed' as const), key: fc.constantFrom(...KEYS) }),
  fc.record({
    type: fc.constant('prefix-dismissed' as const),
    prefix: fc.constantFrom(...PREFIXES),
  }),
  fc.record({
    type: fc.constant('departed' as const),
    id: fc.constantFrom(...KEYS),
    inc: fc.constant(1),
  }),
);

const receives = (id: string, port: number): TableEvent => ({
  type: 'received',
  statement: {
    announcement: { prefix: '', port, address: '10.0.0.1', id, inc: 1, seq: 0, draining: false },
    left: false,
  },
});

/** Two instances come to share an endpoint, and one of them drains. */
const SHARED_ENDPOINT: TableEvent[] = [
  receives('one', 1),
  receives('one', 2),
  { type: 'undrained', key: 'one' },
  { type: 'drained', key: 'two' },
  receives('two', 1),
  { type: 'drained', key: 'one' },
];

/** As it is after its way to another process. */
function arrived(change: Change): Change {
  const message = TO_WORKER.encode({ type: 'change', number: 1, change }, 0);
  const parsed = TO_WORKER.decode(structuredClone(message), 0);
  if (parsed.type !== 'change') throw new Error('it became something else');
  return parsed.change;
}

const keys = (table: Pick<Table, 'routable'>, prefix: string) =>
  table
    .routable(prefix)
    .map(({ key, announcement }) => `${key} ${JSON.stringify(announcement)}`)
    .toSorted();

describe('a replica of the table', () => {
  it('routes as the table does, through random changes, from any start', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), fc.nat(40), (events, begins) => {
        const table = new Table({ probes: 'always' });
        let replica: Replica | undefined;
        for (const [now, each] of events.entries()) {
          if (now === begins % (events.length + 1)) {
            replica = new Replica({ prefixes: table.prefixes(), instances: table.all() });
          }
          for (const effect of table.apply(each, now * 1000)) {
            if (isChange(effect)) replica?.apply(arrived(effect));
            if (effect.type === 'prefix-forgotten') replica?.forgetPrefix(effect.prefix);
          }
          if (replica === undefined) continue;
          for (const prefix of PREFIXES) {
            expect(replica.knows(prefix)).toBe(table.knows(prefix));
            expect(keys(replica, prefix)).toEqual(keys(table, prefix));
          }
        }
      }),
      { examples: [[SHARED_ENDPOINT, 5]] },
    );
  });
});
