import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newer, parseBlocking } from '../../../src/catalog/consul/blocking.ts';
import { catalogOf, LiveTable } from '../live-table.ts';

it.each([
  [undefined, undefined, { index: 0, waitMs: 300_000 }],
  ['7', undefined, { index: 7, waitMs: 300_000 }],
  ['7', '10s', { index: 7, waitMs: 10_000 }],
  ['7', '1h', { index: 7, waitMs: 600_000 }],
  ['7', '0', { index: 7, waitMs: 300_000 }],
  ['7', '-1s', { index: 7, waitMs: 300_000 }],
  ['', '', { index: 0, waitMs: 300_000 }],
  ['x', undefined, 'Invalid index'],
  ['-1', undefined, 'Invalid index'],
  ['1.5', undefined, 'Invalid index'],
  ['7', 'soon', 'Invalid wait time'],
  ['7', '10', 'Invalid wait time'],
])('reads index %j and wait %j', (index, wait, expected) => {
  expect(parseBlocking(index, wait)).toEqual(expected);
});

describe('waiting for a newer index', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const table = new LiveTable();
  const catalog = catalogOf(table, () => 1000);

  /** Tells when it has ended. */
  function wait(index: number, gone = new AbortController()): { isOver: boolean } {
    const state = { isOver: false };
    const blocking = { index, waitMs: 10_000 };
    void newer(catalog, () => catalog.index, blocking, gone.signal).then(() => {
      state.isOver = true;
    });
    return state;
  }

  it('ends when its time is over, not before', async () => {
    const state = wait(catalog.index);
    await vi.advanceTimersByTimeAsync(9999);
    expect(state.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.isOver).toBe(true);
  });

  it('ends at once for an older index', async () => {
    const states = [wait(0), wait(catalog.index - 1)];
    await vi.advanceTimersByTimeAsync(0);
    expect(states).toEqual([{ isOver: true }, { isOver: true }]);
  });

  it('leaves no timer behind', async () => {
    const gone = new AbortController();
    const states = [wait(catalog.index), wait(catalog.index + 1, gone)];
    table.say('a');
    gone.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(states).toEqual([{ isOver: true }, { isOver: true }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
