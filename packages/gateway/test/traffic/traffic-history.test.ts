import { beforeEach, describe, expect, it } from 'vitest';
import { TrafficHistory } from '../../src/traffic/traffic-history.ts';
import { TrafficCounter } from '../../src/traffic/traffic-counter.ts';
import { change, exchanged, instance } from './request-summary.ts';

describe('the history of an instance', () => {
  let traffic: TrafficCounter;
  let history: TrafficHistory;
  beforeEach(() => {
    traffic = new TrafficCounter([instance('a')]);
    history = new TrafficHistory(traffic);
  });

  it('has each window of five seconds, the latest last', async () => {
    traffic.countRequest(exchanged({ upstreamMs: 3 }));
    traffic.countRequest(exchanged({ status: 500, upstreamMs: 3 }));
    await history.endWindow(10_000);
    await history.endWindow(15_000);
    traffic.countRequest(exchanged({ upstreamMs: undefined, status: 502 }));
    await history.endWindow(20_000);
    expect(history.of('a')).toEqual({
      requests: 3,
      errors: 2,
      history: [
        {
          at: 5000,
          seconds: 5,
          requests: 2,
          errors: 1,
          p50: 3.5,
          p99: expect.closeTo(4.97) as number,
        },
        { at: 10_000, seconds: 5, requests: 0, errors: 0 },
        { at: 15_000, seconds: 5, requests: 1, errors: 1 },
      ],
    });
  });

  it('is five minutes long', async () => {
    for (let turn = 1; turn <= 63; turn++) {
      for (let count = 0; count < turn; count++) traffic.countRequest(exchanged());
      await history.endWindow(turn * 5000);
    }
    const windows = history.of('a')?.history ?? [];
    expect(windows.map(({ requests }) => requests)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 4),
    );
    expect([windows.at(0)?.at, windows.at(-1)?.at]).toEqual([15_000, 310_000]);
  });

  it('is undefined before its first request, and after it left', async () => {
    await history.endWindow(5000);
    expect(history.of('a')).toBeUndefined();
    traffic.countRequest(exchanged());
    await history.endWindow(10_000);
    traffic.apply(change('left', 'a'));
    await history.endWindow(15_000);
    expect(history.of('a')).toBeUndefined();
  });

  it('gives requests their turn while the window of many instances ends', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `i${index}`);
    for (const key of many) {
      traffic.apply(change('registered', key));
      traffic.countRequest(exchanged({ instance: key }));
    }
    let hasHadItsTurn = false;
    setImmediate(() => {
      hasHadItsTurn = true;
      // It comes last then.
      traffic.apply(change('left', 'i0'));
      traffic.apply(change('registered', 'i0'));
      traffic.countRequest(exchanged({ instance: 'i0' }));
    });
    await history.endWindow(5000);
    expect(hasHadItsTurn).toBe(true);
    expect(history.of('i0')?.history).toHaveLength(1);
    expect(history.of('i999')?.history).toHaveLength(1);
  });

  it('counts anew for an instance that left and came back within a window', async () => {
    for (let count = 0; count < 3; count++) traffic.countRequest(exchanged());
    await history.endWindow(5000);
    traffic.apply(change('left', 'a'));
    traffic.apply(change('registered', 'a'));
    traffic.countRequest(exchanged());
    await history.endWindow(10_000);
    expect(history.of('a')?.history.map(({ requests }) => requests)).toEqual([3, 1]);
  });

  it('counts anew for one that came back and has had more requests than before', async () => {
    for (let count = 0; count < 3; count++) traffic.countRequest(exchanged({ status: 503 }));
    await history.endWindow(5000);
    traffic.apply(change('left', 'a'));
    traffic.apply(change('registered', 'a'));
    for (let count = 0; count < 4; count++) traffic.countRequest(exchanged());
    await history.endWindow(10_000);
    expect(history.of('a')?.history).toMatchObject([
      { requests: 3, errors: 3 },
      { requests: 4, errors: 0 },
    ]);
  });

  it('forgets an instance that has left, even if the clock was set back', async () => {
    traffic.countRequest(exchanged());
    await history.endWindow(10_000);
    traffic.apply(change('left', 'a'));
    await history.endWindow(5000);
    expect(history.of('a')).toBeUndefined();
  });
});
