import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loggerTo } from '../../../../test/support/log.ts';
import { logShedClients } from '../../src/data-plane/shed-clients.ts';
import { NO_LOAD } from '../../src/traffic/process-load.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('logs for each limit of all clients that connections are closed, at most every 10 s', () => {
  const lines: string[] = [];
  let load = NO_LOAD;
  const stop = logShedClients({ loads: () => [load] }, loggerTo(lines));
  load = { ...load, shedClients: 1 };
  vi.advanceTimersByTime(2000);
  load = { ...load, heavyClients: 1 };
  vi.advanceTimersByTime(2000);
  load = { ...load, heavyClients: 5 };
  vi.advanceTimersByTime(5000);
  expect(lines).toEqual([
    'closed connections of clients: too many are open closed=1 open=0',
    'reset connections of clients: they held more memory than `limits.heldBytes` closed=1 open=0',
  ]);
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(3);
  stop();
});
