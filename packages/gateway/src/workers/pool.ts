import { createServer } from 'node:net';
import type { Change, Directory } from '@rollcall/client';
import { CLOSE_GRACE_MS } from '../data-plane/data-plane.ts';
import type {
  DataPlane,
  DataPlaneSettings,
  ListenAddresses,
  Ports,
  RequestError,
  Served,
} from '../data-plane/data-plane.ts';
import type { InstanceOutcome } from '../data-plane/instance-outcome.ts';
import { listen } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { ProcessReport } from '../traffic/process-report.ts';
import { NO_LOAD } from '../traffic/process-load.ts';
import type { ProcessLoad } from '../traffic/process-load.ts';
import { EvidenceCollector } from '../rollout/evidence.ts';
import type { Evidence } from '../rollout/evidence.ts';
import type { Split } from '../rollout/split.ts';
import { AppliedChanges } from './applied.ts';
import { BackOff } from './back-off.ts';
import { FROM_WORKER } from './messages.ts';
import type { FromWorker } from './messages.ts';
import type { Spawn, WorkerProcess } from './process.ts';

export interface PoolOptions {
  /** How many workers. */
  readonly count: number;
  readonly settings: DataPlaneSettings;
  /** The table that workers replicate. */
  readonly table: Pick<Directory, 'prefixes' | 'entries'>;
  /** Whether the table was received from the registry. */
  readonly isTableComplete: boolean;
  readonly onOutcome: (outcome: InstanceOutcome) => void;
  /** Receives which instances answered requests. */
  readonly onServed: (served: Served) => void;
  /** @param worker one of `1` to the count of workers */
  readonly onReport: (worker: string, report: ProcessReport) => void;
  readonly onRequestError: (error: RequestError) => void;
  readonly onFilterFault: (filter: string, reason: string) => void;
  /** What `loads` returns has changed. */
  readonly onLoads: () => void;
  readonly spawn: Spawn;
  readonly logger: Logger;
}

/** A worker reports every second, so one that is silent for this long hangs. */
const MAX_SILENCE_MS = 30_000;
const CHECK_EVERY_MS = 5000;

/** A worker aborts its last requests after the grace, and then has time to end. */
const END_MS = CLOSE_GRACE_MS + 2000;

/**
 * A data plane of several processes on one port. Each serves by a replica of the table, and one that dies is
 * replaced.
 */
export class WorkerPool implements DataPlane {
  readonly #options: PoolOptions;
  #settings: DataPlaneSettings;
  readonly #slots: Slot[];
  readonly #applied = new AppliedChanges();
  readonly #splits = new Map<string, Split>();
  /** Of all workers. */
  readonly #evidence = new EvidenceCollector();
  #endpoint: { host: string; ports: Ports } = { host: '', ports: { port: 0 } };
  #isClosing = false;
  #isTableComplete: boolean;
  #watchdog: NodeJS.Timeout | undefined;
  #checkedAt = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#isTableComplete = options.isTableComplete;
    this.#slots = Array.from({ length: options.count }, (_, index) => new Slot(String(index + 1)));
  }

  async listen({ port, httpPort }: Ports, host: string): Promise<ListenAddresses> {
    const ports = {
      port: await freePort(host, port, '--port'),
      ...(httpPort !== undefined && { httpPort: await freePort(host, httpPort, '--http-port') }),
    };
    this.#endpoint = { host, ports };
    try {
      await Promise.all(this.#slots.map((slot) => this.#start(slot)));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#checkedAt = performance.now();
    this.#watchdog = setInterval(() => this.#killSilent(), CHECK_EVERY_MS);
    return { host, ...ports };
  }

  apply(change: Change): void {
    const number = this.#applied.next();
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'change', number, change });
  }

  forgetPrefix(prefix: string): void {
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'prefix-forgotten', prefix });
  }

  split(service: string, split: Split | undefined): void {
    if (split === undefined) this.#splits.delete(service);
    else this.#splits.set(service, split);
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'split', service, split });
  }

  takeEvidence(): readonly Evidence[] {
    return this.#evidence.take();
  }

  tableCompleted(): void {
    this.#isTableComplete = true;
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'table-completed' });
  }

  configure(settings: DataPlaneSettings): void {
    this.#settings = settings;
    const number = this.#applied.next();
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'configure', number, settings });
  }

  whenApplied(call: () => void): void {
    this.#applied.when(call);
  }

  loads(): readonly ProcessLoad[] {
    return this.#slots.flatMap(({ load }) => load ?? []);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watchdog);
    const timer = setTimeout(() => {
      for (const { process } of this.#slots) process?.kill();
    }, END_MS);
    await Promise.all(this.#slots.map((slot) => slot.close()));
    clearTimeout(timer);
  }

  /** Starts a worker. Resolves when it listens; rejects with a {@link WorkerEnded} if it ends before. */
  #start(slot: Slot): Promise<WorkerProcess> {
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      let isListening = false;
      const worker: WorkerProcess = this.#options.spawn({
        onMessage: (input) => {
          const message = FROM_WORKER.decode(input, performance.timeOrigin);
          if (message.type === 'listening') {
            isListening = true;
            slot.reported(NO_LOAD);
            resolve(worker);
          } else this.#receive(slot, worker, message);
        },
        onEnd: (how) => {
          slot.ended();
          this.#options.onLoads();
          this.#applied.delete(worker);
          const ended = new WorkerEnded(worker.pid, how, performance.now() - startedAt);
          if (isListening) this.#replace(slot, ended);
          else reject(ended);
        },
      });
      slot.started(worker);
    });
  }

  #receive(
    slot: Slot,
    worker: WorkerProcess,
    message: Exclude<FromWorker, { readonly type: 'listening' }>,
  ): void {
    const { onOutcome, onServed, onRequestError, onFilterFault, onReport, onLoads } = this.#options;
    switch (message.type) {
      case 'hello':
        return this.#begin(slot, worker);
      case 'report':
        slot.reported(message.load);
        this.#evidence.add(message.evidence);
        onReport(slot.name, message);
        return onLoads();
      case 'applied':
        return this.#applied.applied(worker, message.number);
      case 'request-error':
        return onRequestError(message);
      case 'filter-fault':
        return onFilterFault(message.filter, message.reason);
      case 'limits-spent':
        return this.#shareLimits(slot, message);
      case 'outcome':
        return onOutcome(message);
      case 'served':
        return onServed(message.served);
    }
  }

  /** Passes on to the other workers which requests one has allowed. */
  #shareLimits(from: Slot, message: FromWorker & { readonly type: 'limits-spent' }): void {
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing && process !== from.process) process?.send(message);
  }

  /** Sends a worker all that it serves by. Changes follow. */
  #begin(slot: Slot, worker: WorkerProcess): void {
    const { table } = this.#options;
    const state = { prefixes: table.prefixes(), instances: table.entries() };
    worker.send({
      type: 'begin',
      settings: this.#settings,
      table: state,
      splits: [...this.#splits],
      isTableComplete: this.#isTableComplete,
      ...this.#endpoint,
    });
    slot.isFollowing = true;
    this.#applied.add(worker);
  }

  #killSilent(): void {
    const now = performance.now();
    // If this process was suspended, reports of the workers have arrived that it has not read yet.
    const wasLate = now - this.#checkedAt > 2 * CHECK_EVERY_MS;
    this.#checkedAt = now;
    if (wasLate) return;
    for (const { process, load, reportedAt } of this.#slots) {
      if (process === undefined || load === undefined || now - reportedAt < MAX_SILENCE_MS)
        continue;
      this.#options.logger.error({ worker: process.pid }, 'killing unresponsive worker');
      process.kill();
    }
  }

  #replace(slot: Slot, ended: WorkerEnded): void {
    if (this.#isClosing) return;
    const wait = slot.backOff.delayAfter(ended.livedMs);
    this.#options.logger.error({ afterMs: wait }, `${ended.message}: replacing it`);
    slot.timer = setTimeout(() => {
      this.#start(slot).then(
        ({ pid }) => this.#options.logger.info({ worker: pid }, 'worker is ready'),
        (again: WorkerEnded) => this.#replace(slot, again),
      );
    }, wait);
  }
}

class WorkerEnded extends Error {
  readonly livedMs: number;

  constructor(pid: number, how: string, livedMs: number) {
    super(`worker ${pid} ended (${how})`);
    this.livedMs = livedMs;
  }
}

/** Holds one worker at a time: its replacement takes the same slot. */
class Slot {
  readonly name: string;
  readonly backOff: BackOff = new BackOff();
  process: WorkerProcess | undefined;
  /** Whether it has received the whole table: changes are sent only then. */
  isFollowing = false;
  timer: NodeJS.Timeout | undefined;
  /** As last reported; undefined while it does not listen. */
  load: ProcessLoad | undefined;
  reportedAt = 0;
  #onEnded: () => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  started(process: WorkerProcess): void {
    this.process = process;
  }

  reported(load: ProcessLoad): void {
    this.load = load;
    this.reportedAt = performance.now();
  }

  ended(): void {
    this.process = undefined;
    this.isFollowing = false;
    this.load = undefined;
    this.#onEnded();
  }

  close(): Promise<void> {
    clearTimeout(this.timer);
    const { process } = this;
    if (process === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnded = resolve;
      process.send({ type: 'close' });
    });
  }
}

/**
 * Listens for a moment to test a port, and returns it: all workers need the same one, and one error is better than one
 * from each.
 */
async function freePort(host: string, port: number, flag: string): Promise<number> {
  const server = createServer();
  const endpoint = await listen(server, host, port, flag);
  await new Promise((resolve) => server.close(resolve));
  return endpoint.port;
}
