import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UnavailableError } from '../../../src/app/unavailable-error.ts';
import { ReconnectingBus } from '../../../src/cluster/bus/reconnecting-bus.ts';
import { FakeEngine } from './fake-connection.ts';

let engine: FakeEngine;
let bus: ReconnectingBus;
let reported: string[];
beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  reported = [];
});
afterEach(async () => {
  await bus.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Lets promises that are settled be handled. */
const settle = () => vi.advanceTimersByTimeAsync(0);

async function open(): Promise<void> {
  const handlers = {
    onMessage: (subject: string, message: string) => reported.push(`${subject}: ${message}`),
    onLink: (isUp: boolean, reason: string) => reported.push(`${isUp ? 'up' : 'down'}: ${reason}`),
  };
  bus = new ReconnectingBus(engine.connect, handlers, () => 1);
  await settle();
}

/** Opens the bus, and has the engine confirm that it listens to nothing yet. */
async function openUp(): Promise<void> {
  await open();
  engine.last.take('subscribe').resolve();
  await settle();
  expect(reported).toEqual(['up: connected']);
}

/** Whether a promise is settled, and how. */
function stateOf(promise: Promise<void>): { state: string } {
  const result = { state: 'pending' };
  promise.then(
    () => (result.state = 'resolved'),
    (error: unknown) => {
      result.state = error instanceof UnavailableError ? 'unavailable' : 'rejected';
    },
  );
  return result;
}

describe('publish', () => {
  it('is rejected within 2 s, and the link lost, if nothing comes from the engine', async () => {
    await openUp();
    await vi.advanceTimersByTimeAsync(100);
    const published = stateOf(bus.publish('a', 'x'));
    await vi.advanceTimersByTimeAsync(1500);
    expect(published.state).toBe('pending');
    await vi.advanceTimersByTimeAsync(400);
    expect(published.state).toBe('unavailable');
    expect(reported.at(-1)).toBe('down: it does not answer');
    expect(engine.connections[0]?.isDestroyed).toBe(true);
  });

  it('is rejected within 2 s, and the link kept, if the engine is slow', async () => {
    await openUp();
    const [first, second] = [stateOf(bus.publish('a', '1')), stateOf(bus.publish('a', '2'))];
    await vi.advanceTimersByTimeAsync(1000);
    engine.last.take('publish').resolve();
    engine.last.take('ping').resolve();
    await vi.advanceTimersByTimeAsync(900);
    expect([first.state, second.state]).toEqual(['resolved', 'unavailable']);
    engine.last.take('publish').resolve();
    await settle();
    expect(reported).toEqual(['up: connected']);
  });

  it('is kept while messages arrive, and lost when one server does not answer for 5 s', async () => {
    await openUp();
    for (let second = 0; second < 5; second += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      engine.last.handlers.onMessage('a', 'unwanted');
      expect(reported).toEqual(['up: connected']);
    }
    await vi.advanceTimersByTimeAsync(1500);
    expect(reported.at(-1)).toBe('down: it does not answer');
  });

  it('refuses a message that the engine does not carry, and keeps the link', async () => {
    await openUp();
    await expect(bus.publish('a', 'ééééé.')).rejects.toThrow(RangeError);
    void bus.publish('a', 'ééééé').catch(() => {});
    expect(engine.last.take('publish').args).toEqual(['a', 'ééééé']);
    await settle();
    expect(reported).toEqual(['up: connected']);
  });

  it('loses the link for the reason with which it is refused', async () => {
    await openUp();
    const published = stateOf(bus.publish('a', 'x'));
    engine.last.take('publish').reject('NOPERM');
    await settle();
    expect(published.state).toBe('unavailable');
    expect(reported.at(-1)).toBe('down: NOPERM');
  });
});

describe('listen', () => {
  it('is confirmed by its own confirmation only', async () => {
    await openUp();
    const first = stateOf(bus.listen('a'));
    bus.unlisten('a');
    const second = stateOf(bus.listen('a'));
    engine.last.take('subscribe').resolve();
    engine.last.take('unsubscribe').resolve();
    await settle();
    expect([first.state, second.state]).toEqual(['resolved', 'pending']);
    engine.last.take('subscribe').resolve();
    await settle();
    expect(second.state).toBe('resolved');
  });

  it('is confirmed when the link is up, so that who listens may publish', async () => {
    await open();
    const early = bus.listen('a');
    const published = early.then(() => bus.publish('a', 'x'));
    const state = stateOf(published);
    const [initial, late] = [engine.last.take('subscribe'), engine.last.take('subscribe')];
    late.resolve();
    await settle();
    expect(stateOf(bus.listen('a')).state).toBe('pending');
    initial.resolve();
    await settle();
    engine.last.take('publish').resolve();
    await settle();
    expect(state.state).toBe('resolved');
  });

  it('is repeated before the link is up again', async () => {
    await openUp();
    const first = stateOf(bus.listen('a'));
    engine.last.take('subscribe').resolve();
    await settle();
    engine.last.handlers.onLost('lost');
    const [again, late] = [stateOf(bus.listen('a')), stateOf(bus.listen('b'))];
    await vi.advanceTimersByTimeAsync(1000);
    const subscribe = engine.last.take('subscribe');
    expect(subscribe.args).toEqual(['a', 'b']);
    engine.last.handlers.onMessage('a', 'early');
    expect(reported).toEqual(['up: connected', 'down: lost', 'a: early']);
    expect([first.state, again.state, late.state]).toEqual(['resolved', 'pending', 'pending']);
    await expect(bus.publish('a', 'x')).rejects.toThrow(UnavailableError);
    subscribe.resolve();
    await settle();
    expect([again.state, late.state, reported.at(-1)]).toEqual([
      'resolved',
      'resolved',
      'up: connected',
    ]);
  });
});

describe('an attempt to connect', () => {
  it('is given up after 2 s, and made again for ever, never more than 1 s later', async () => {
    engine.accepts = false;
    await open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reported).toEqual(['down: it does not answer']);
    expect(engine.attempts.length).toBeGreaterThanOrEqual(20);
    expect(engine.attempts.slice(0, -1).every((signal) => signal.aborted)).toBe(true);
    engine.accepts = true;
    await vi.advanceTimersByTimeAsync(3000);
    engine.last.take('subscribe').resolve();
    await settle();
    expect(reported.at(-1)).toBe('up: connected');
  });

  it('follows at once after a connection that lasted, and later after others', async () => {
    await openUp();
    for (let lost = 0; lost < 8; lost += 1) {
      engine.last.handlers.onLost('lost');
      await vi.advanceTimersByTimeAsync(1000);
    }
    // Each was lost before it was a second old: the pauses grew to a second.
    expect(engine.connections.length).toBeLessThan(10);
    await vi.advanceTimersByTimeAsync(1001);
    const before = engine.connections.length;
    engine.last.handlers.onLost('lost');
    await vi.advanceTimersByTimeAsync(50);
    expect(engine.connections).toHaveLength(before + 1);
  });
});

describe('close', () => {
  it('aborts an attempt to connect', async () => {
    engine.accepts = false;
    await open();
    await bus.close();
    expect(engine.attempts[0]?.aborted).toBe(true);
    expect(reported).toEqual([]);
  });

  it('rejects what is in flight', async () => {
    await openUp();
    const published = stateOf(bus.publish('a', 'x'));
    const listening = stateOf(bus.listen('a'));
    await bus.close();
    expect([published.state, listening.state]).toEqual(['unavailable', 'resolved']);
  });
});
