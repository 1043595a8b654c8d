import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepConnected } from '../../src/transport/reconnect.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setup({ state = 'connecting', listening = false } = {}) {
  const calls: string[] = [];
  const connection = {
    state,
    connect: () => void calls.push('connect'),
    disconnect: () => void calls.push('disconnect'),
  };
  const there = { listening, asked: 0 };
  const probe = (): Promise<boolean> => {
    there.asked++;
    return Promise.resolve(there.listening);
  };
  const watchdog = keepConnected(connection, probe, () => 0.5);
  return { calls, connection, there, watchdog };
}

const ANEW = ['disconnect', 'connect'];

describe('keepConnected', () => {
  it('reconnects once the port accepts connections, not before', async () => {
    const { calls, there } = setup();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toEqual([]);
    there.listening = true;
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual(ANEW);
  });

  it('gives an attempt 5 s, and then retries', async () => {
    const { calls } = setup({ listening: true });
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual(ANEW);
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual([...ANEW, ...ANEW]);
  });

  it('does nothing while connected unless asked', async () => {
    const { calls, there, watchdog } = setup({ state: 'connected', listening: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(there.asked).toBe(0);
    watchdog.reconnectSoon();
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual(ANEW);
  });

  it('reconnects at once if a connection is lost soon after it opened', async () => {
    const { calls, connection } = setup({ listening: true });
    await vi.advanceTimersByTimeAsync(500);
    connection.state = 'connected';
    await vi.advanceTimersByTimeAsync(500);
    connection.state = 'connecting';
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual([...ANEW, ...ANEW]);
  });

  it('restarts a connection that the SDK gave up', async () => {
    const { calls } = setup({ state: 'disconnected', listening: true });
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual(ANEW);
  });

  it('keeps a connection that opened during the check', async () => {
    const { calls, connection, there } = setup();
    there.listening = true;
    Object.defineProperty(connection, 'state', {
      get: () => (there.asked > 0 ? 'connected' : 'connecting'),
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual([]);
  });

  it('stops', async () => {
    const { calls, there, watchdog } = setup({ listening: true });
    watchdog.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([calls, there.asked]).toEqual([[], 0]);
  });

  it('spreads its checks at random', async () => {
    const delays = new Set<number>();
    for (const random of [0, 0.25, 0.999]) {
      const begun = performance.now();
      const watchdog = keepConnected(
        { state: 'connecting', connect: () => {}, disconnect: () => {} },
        () => {
          delays.add(performance.now() - begun);
          return Promise.resolve(false);
        },
        () => random,
      );
      await vi.advanceTimersByTimeAsync(750);
      watchdog.stop();
    }
    expect(delays.size).toBeGreaterThanOrEqual(3);
  });
});
