import { createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change, Instance } from '@rollcall/client';
import { listen } from '@rollcall/runtime';
import type { ProcessReport } from '../../src/traffic/process-report.ts';
import type { ToWorker } from '../../src/workers/messages.ts';
import { WorkerPool } from '../../src/workers/pool.ts';
import type { WorkerEvents } from '../../src/workers/process.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';
import { loggerTo } from '../../../../test/support/log.ts';

/** A process of a worker, as far as its pool can tell. */
class FakeWorker {
  readonly told: ToWorker[] = [];
  isKilled = false;
  readonly #events: WorkerEvents;

  constructor(events: WorkerEvents) {
    this.#events = events;
  }

  says(message: object): void {
    this.#events.onMessage(message);
  }

  begins(): void {
    this.says({ type: 'hello' });
    this.says({ type: 'listening' });
  }

  ends(how = 'SIGKILL'): void {
    this.#events.onEnd(how);
  }
}

const instance: Instance = {
  key: 'a',
  announcement: { prefix: '/v1', port: 1, address: '127.0.0.1' },
  status: 'healthy',
  since: 0,
};
const change: Change = { type: 'registered', instance, why: 'it announced itself' };
const outcome = vi.fn<(outcome: object) => void>();
const requestError = vi.fn<(error: object) => void>();
const report = vi.fn<(worker: string, counts: object) => void>();
const COUNTS: ProcessReport = {
  evidence: [],
  traffic: {
    routes: [],
    instances: [],
    problems: [['loop', 1]],
    filters: [],
    droppedFields: 0,
    versions: [],
    grpc: [],
    copies: [],
    droppedCopies: [],
  },
  load: {
    clients: 3,
    shedClients: 0,
    heavyClients: 0,
    faultyClients: 0,
    inFlight: [],
    pools: [],
    ejections: [],
  },
  process: { residentBytes: 1, cpuSeconds: 2, delaySeconds: 3 },
};

let workers: FakeWorker[];
let lines: string[];
let instances: Instance[];
let pool: WorkerPool;
beforeEach(() => {
  [workers, lines, instances] = [[], [], []];
  outcome.mockClear();
  report.mockClear();
  pool = new WorkerPool({
    isTableComplete: true,
    count: 2,
    settings: dataPlaneSettings({ domain: '*' }),
    table: { prefixes: () => ['/v1'], entries: () => instances },
    onOutcome: outcome,
    onServed: () => {},
    onReport: report,
    onLoads() {},
    onRequestError: requestError,
    onFilterFault() {},
    spawn: (events) => {
      const worker = new FakeWorker(events);
      workers.push(worker);
      return {
        pid: workers.length,
        send: (message) => worker.told.push(message),
        kill: () => (worker.isKilled = true),
      };
    },
    logger: loggerTo(lines),
  });
});
afterEach(() => vi.useRealTimers());

const at = (index: number): FakeWorker => {
  const worker = workers[index];
  if (worker === undefined) throw new Error(`there is no worker ${index}`);
  return worker;
};

/** A pool whose two workers listen. */
async function listening(): Promise<void> {
  const listens = pool.listen({ port: 0 }, '127.0.0.1');
  await vi.waitUntil(() => workers.length === 2);
  for (const worker of workers) worker.begins();
  await listens;
  if (!vi.isFakeTimers()) fakeTimers();
}

function fakeTimers(): void {
  const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  vi.useFakeTimers({ toFake: [...timers, 'performance'] });
}

describe('a pool of workers', () => {
  it('gives each worker the table, and listens when all are ready', async () => {
    const listens = pool.listen({ port: 0 }, '127.0.0.1');
    await vi.waitUntil(() => workers.length === 2);
    at(0).begins();
    instances = [instance];
    at(1).begins();
    const { host, port } = await listens;
    const place = { host, ports: { port } };
    expect(port).toBeGreaterThan(0);
    expect(at(0).told).toMatchObject([{ type: 'begin', ...place, table: { instances: [] } }]);
    expect(at(1).told).toMatchObject([{ type: 'begin', ...place, table: { instances: [{}] } }]);
  });

  it('does not start workers for a port in use', async () => {
    const server = createServer();
    const { port } = await listen(server, '127.0.0.1', 0);
    await expect(pool.listen({ port }, '127.0.0.1')).rejects.toMatchObject({
      code: 'ROLLCALL_PORT_TAKEN',
    });
    expect(workers).toEqual([]);
    server.close();
  });

  it('gives up if a worker ends before it listens, and ends the others', async () => {
    const listens = pool.listen({ port: 0 }, '127.0.0.1');
    await vi.waitUntil(() => workers.length === 2);
    at(1).begins();
    at(0).ends('exit code 1');
    await vi.waitUntil(() => at(1).told.at(-1)?.type === 'close');
    at(1).ends('exit code 0');
    await expect(listens).rejects.toThrow(/worker 1 ended \(exit code 1\)/);
    expect(lines).toEqual([]);
  });

  it('sends changes to workers with the table, and reports when all have applied them', async () => {
    const listens = pool.listen({ port: 0 }, '127.0.0.1');
    await vi.waitUntil(() => workers.length === 2);
    at(0).begins();
    pool.apply(change);
    at(1).begins();
    await listens;
    expect(at(0).told).toHaveLength(2);
    // The table that this one was given has the change.
    expect(at(1).told).toHaveLength(1);
    const then = vi.fn<() => void>();
    pool.whenApplied(then);
    expect(then).not.toHaveBeenCalled();
    at(0).says({ type: 'applied', number: 1 });
    expect(then).toHaveBeenCalledOnce();
  });

  it('receives outcomes from workers', async () => {
    await listening();
    const said = { key: 'a', verdict: 'unidentified', reason: 'another certificate' } as const;
    at(1).says({ type: 'outcome', ...said });
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining(said));
  });

  it('collects the counts of workers, and their load while they run', async () => {
    await listening();
    at(1).says({ type: 'report', ...COUNTS });
    expect(report.mock.calls).toMatchObject([['2', COUNTS]]);
    expect(pool.loads().map(({ clients }) => clients)).toEqual([0, 3]);
    at(1).ends();
    expect(pool.loads().map(({ clients }) => clients)).toEqual([0]);
  });

  it('replaces a worker that dies at once, and one that dies again later', async () => {
    await listening();
    vi.advanceTimersByTime(20_000);
    at(0).ends();
    pool.apply(change);
    vi.advanceTimersByTime(0);
    expect(workers).toHaveLength(3);
    // Before it listens, and then soon after.
    at(2).ends('exit code 1');
    await turn();
    vi.advanceTimersByTime(99);
    expect(workers).toHaveLength(3);
    vi.advanceTimersByTime(1);
    expect(workers).toHaveLength(4);
    at(3).begins();
    await turn();
    at(3).ends('SIGSEGV');
    expect(lines).toEqual([
      'worker 1 ended (SIGKILL): replacing it afterMs=0',
      'worker 3 ended (exit code 1): replacing it afterMs=100',
      'worker is ready worker=4',
      'worker 4 ended (SIGSEGV): replacing it afterMs=200',
    ]);
  });

  it('kills a worker that is silent for half a minute, unless the main process was blocked', async () => {
    fakeTimers();
    await listening();
    const silence = (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        vi.advanceTimersByTime(1000);
        at(0).says({ type: 'report', ...COUNTS });
      }
    };
    silence(25);
    expect(at(1).isKilled).toBe(false);
    silence(11);
    expect([at(0).isKilled, at(1).isKilled]).toEqual([false, true]);
    expect(lines).toEqual(expect.arrayContaining(['killing unresponsive worker worker=2']));
    at(1).ends();
    vi.advanceTimersByTime(0);
    at(2).begins();
    // A process that stood still finds itself a minute later.
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_000);
    vi.advanceTimersByTime(5000);
    expect([at(0).isKilled, at(2).isKilled]).toEqual([false, false]);
    vi.restoreAllMocks();
  });

  it('ends all workers, and kills those that do not end', async () => {
    await listening();
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    expect(workers.map(({ told }) => told.at(-1)?.type)).toEqual(['close', 'close']);
    at(0).ends('exit code 0');
    vi.advanceTimersByTime(9_999);
    await Promise.resolve();
    expect([at(1).isKilled, isClosed]).toEqual([false, false]);
    vi.advanceTimersByTime(1);
    expect(at(1).isKilled).toBe(true);
    at(1).ends();
    await closed;
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  it('starts no worker after it was closed', async () => {
    await listening();
    at(0).ends();
    const closed = pool.close();
    at(1).ends('exit code 0');
    await closed;
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(2);
  });
});
