import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventLog } from '../src/event-log/event-log.ts';
import { MAX_BATCH } from '../src/event-log/event-watch.ts';
import type { EventBatch, EventFilter } from '../src/event-log/event-watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function watched(filter: EventFilter = {}) {
  const log = new EventLog();
  const batches: EventBatch[] = [];
  const reader = { reads: true };
  const watch = log.watch(filter, (batch) => {
    if (reader.reads) batches.push(batch);
    return reader.reads;
  });
  const publish = (channel: string, data = ''): void =>
    log.add({ type: 'publication', channel, event: 'e', data });
  return { log, batches, watch, publish, reader };
}

describe('the log of events', () => {
  it('keeps nothing, and runs no timer, while it is not watched', () => {
    const log = new EventLog();
    log.add({ type: 'connected', socketId: '1.2' });
    expect([log.isWatched, vi.getTimerCount()]).toEqual([false, 0]);
    const watch = log.watch({}, () => true);
    expect(log.isWatched).toBe(true);
    watch.close();
    expect([log.isWatched, vi.getTimerCount()]).toEqual([false, 0]);
  });

  it('passes on the start of long data, and its length', () => {
    const { publish, batches } = watched();
    publish('a', 'x'.repeat(10_000));
    vi.advanceTimersByTime(250);
    expect(batches[0]?.events).toEqual([
      expect.objectContaining({ channel: 'a', data: 'x'.repeat(1_000), dataLength: 10_000 }),
    ]);
  });

  it('drops what comes too fast, and says how much', () => {
    const { publish, batches } = watched();
    for (let index = 0; index < 10_000; index++) publish(`c${index}`);
    vi.advanceTimersByTime(250);
    expect(batches.map(({ events, dropped }) => [events.length, dropped])).toEqual([
      [MAX_BATCH, 10_000 - MAX_BATCH],
    ]);
    publish('later');
    vi.advanceTimersByTime(250);
    expect(batches[1]).toMatchObject({ events: [{ channel: 'later' }], dropped: 0 });
  });

  it('keeps one batch for a client that does not read, and counts the rest', () => {
    const { publish, batches, reader } = watched();
    reader.reads = false;
    for (let round = 0; round < 100; round++) {
      for (let index = 0; index < MAX_BATCH; index++) publish('a');
      vi.advanceTimersByTime(250);
    }
    reader.reads = true;
    vi.advanceTimersByTime(250);
    expect(batches.map(({ events, dropped }) => [events.length, dropped])).toEqual([
      [MAX_BATCH, 99 * MAX_BATCH],
    ]);
  });

  it.each<[EventFilter, string[]]>([
    [{}, ['1.2', 'news', 'ann']],
    [{ types: new Set(['connected']) }, ['1.2']],
    [{ text: 'ew' }, ['news']],
    [{ text: 'ann', types: new Set(['signed-in']) }, ['ann']],
    [{ text: 'secret' }, []],
  ])('has a filter, which does not look into data: %j', (filter, expected) => {
    const { log, batches } = watched(filter);
    log.add({ type: 'connected', socketId: '1.2' });
    log.add({ type: 'publication', channel: 'news', data: 'secret' });
    log.add({ type: 'signed-in', userId: 'ann' });
    vi.advanceTimersByTime(250);
    const shown = batches.flatMap(({ events }) =>
      events.map(({ channel, socketId, userId }) => channel ?? socketId ?? userId),
    );
    expect(shown).toEqual(expected);
  });

  it('has what is wanted although very much else happens', () => {
    const { log, publish, batches } = watched({ types: new Set(['connected']) });
    for (let index = 0; index < 10_000; index++) publish('flood');
    log.add({ type: 'connected', socketId: '1.2' });
    vi.advanceTimersByTime(250);
    expect(batches).toMatchObject([{ events: [{ type: 'connected' }], dropped: 0 }]);
  });
});
