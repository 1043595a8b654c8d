import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counters } from '../../src/app/counters.ts';
import { LocalApp } from '../../src/app/local-app.ts';
import type { AppMessage } from '../../src/cluster/app-messages.ts';
import { CachedEvents } from '../../src/cluster/cached-events.ts';
import { APP } from '../app/new-app.ts';

const [EARLY, LATE] = ['1early', '2late'];
const MINUTE_MS = 60_000;

let now: number;
let peers: string[];
let notes: AppMessage[];
let local: LocalApp;
let cached: CachedEvents;
beforeEach(() => {
  vi.useFakeTimers();
  now = 0;
  peers = ['peer'];
  notes = [];
  local = new LocalApp(APP, { counters: new Counters(), report: () => {} }, () => now);
  cached = new CachedEvents({
    local,
    peers: () => peers,
    note: (message) => void notes.push(message),
    clock: () => now,
  });
});
afterEach(() => vi.useRealTimers());

const eventOf = (stamp: string) => ({ name: stamp, data: '', stamp, remainingMs: MINUTE_MS });
const keep = (channel: string, stamp: string) => local.keep(channel, eventOf(stamp));

/** Lets the turn end, at whose end is asked. */
const turn = () => vi.advanceTimersByTime(0);

describe('a node that has started', () => {
  it('asks once for all channels to which clients subscribe at once', () => {
    for (const channel of ['cache-a', 'cache-b', 'cache-a']) void cached.fetch(channel);
    turn();
    expect(notes).toEqual([['cached?', ['cache-a', 'cache-b']]]);
  });

  it('asks for so many at a time that an answer is no larger than an engine carries', () => {
    for (let index = 0; index < 40; index++) void cached.fetch(`cache-${index}`);
    turn();
    expect(notes.map(([, channels]) => channels.length)).toEqual([15, 15, 10]);
  });

  it('takes the last of the events of the others, when all have answered', async () => {
    peers = ['peer', 'other'];
    let isDone = false;
    const done = Promise.resolve(cached.fetch('cache-a')).then(() => (isDone = true));
    cached.answered('peer', [['cache-a', eventOf(EARLY)]]);
    await Promise.resolve();
    expect(isDone).toBe(false);
    cached.answered('other', [['cache-a', eventOf(LATE)]]);
    await done;
    expect(local.lastEvent('cache-a')).toMatchObject({ name: LATE });
  });

  it('asks no more for a channel of which all have answered, or an event was published', async () => {
    void cached.fetch('cache-a');
    cached.answered('peer', [['cache-a', null]]);
    cached.published('cache-b');
    expect([cached.fetch('cache-a'), cached.fetch('cache-b')]).toEqual([undefined, undefined]);
  });

  it('lets no client wait for a node that does not answer', async () => {
    const done = cached.fetch('cache-a');
    vi.advanceTimersByTime(300);
    await done;
    expect(cached.fetch('cache-a'), 'it is asked again').toBeInstanceOf(Promise);
  });

  it('lets no client wait when the app closes, and leaves no timer', async () => {
    const done = cached.fetch('cache-a');
    turn();
    cached.close();
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks no other node while there is none', () => {
    peers = [];
    expect(cached.fetch('cache-a')).toBeUndefined();
  });

  it('remembers a bounded number of channels', () => {
    for (let index = 0; index <= 10_000; index++) cached.published(`cache-${index}`);
    expect(cached.fetch('cache-0')).toBeInstanceOf(Promise);
    expect(cached.fetch('cache-1')).toBeUndefined();
  });
});

describe('a node that has run for as long as events are kept', () => {
  beforeEach(() => {
    now = 30 * MINUTE_MS;
  });

  it('asks for no channel', () => {
    expect(cached.fetch('cache-a')).toBeUndefined();
  });

  it('asks for the last event again if it has lost events, although it has an older one', async () => {
    keep('cache-a', EARLY);
    cached.lost();
    const done = cached.fetch('cache-a');
    turn();
    expect(notes).toEqual([['cached?', ['cache-a']]]);
    cached.answered('peer', [['cache-a', eventOf(LATE)]]);
    await done;
    expect(local.lastEvent('cache-a')).toMatchObject({ name: LATE });
    expect(cached.fetch('cache-a')).toBeUndefined();
  });

  it('keeps what it has if the others have nothing later', async () => {
    keep('cache-a', LATE);
    cached.lost();
    const done = cached.fetch('cache-a');
    cached.answered('peer', [['cache-a', eventOf(EARLY)]]);
    await done;
    expect(local.lastEvent('cache-a')).toMatchObject({ name: LATE });
  });

  it('answers for each channel that it is asked for', () => {
    keep('cache-a', EARLY);
    cached.answer(['cache-a', 'cache-b']);
    const kept = expect.objectContaining({ stamp: EARLY });
    expect(notes).toEqual([
      [
        'cached',
        [
          ['cache-a', kept],
          ['cache-b', null],
        ],
      ],
    ]);
  });
});
