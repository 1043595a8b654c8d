import { createServer } from 'node:net';
import type { Change, Directory } from '@rollcall/client';
import { CLOSE_GRACE_MS } from '../data-plane.ts';
import type { DataPlane, PlaneSettings } from '../data-plane.ts';
import { listen } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { NO_LOAD } from '../traffic/load.ts';
import type { ProcessLoad } from '../traffic/load.ts';
import { Applied } from './applied.ts';
import { BackOff } from './back-off.ts';
import { FROM_WORKER } from './messages.ts';
import type { FromWorker } from './messages.ts';
import type { Spawn, WorkerProcess } from './process.ts';

/** What a worker has counted since before, and how it does. */
export type WorkerReport = Omit<FromWorker & { type: 'report' }, 'type'>;

export interface PoolOptions {
  /** How many workers. */
  readonly count: number;
  readonly settings: PlaneSettings;
  /** The table that they follow. */
  readonly table: Pick<Directory, 'prefixes' | 'instances'>;
  readonly onOutcome: Directory['reportOutcome'];
  /** @param worker one of `1` to the count of workers */
  readonly onReport: (worker: string, counted: WorkerReport) => void;
  readonly spawn: Spawn;
  readonly logger: Logger;
}

/** A worker reports every second. One that is silent for so long is unresponsive: it serves no request. */
const MOST_SILENCE_MS = 30_000;
const WATCHED_EVERY_MS = 5000;

/** A worker has time to end after it has cut what was left. */
const END_MS = CLOSE_GRACE_MS + 2000;

/**
 * A data plane of several processes at one port: each serves by a replica of the table, and one that dies
 * is replaced.
 */
export class WorkerPool implements DataPlane {
  readonly #options: PoolOptions;
  #settings: PlaneSettings;
  readonly #slots: Slot[];
  readonly #applied = new Applied();
  #place = { host: '', port: 0 };
  #isClosing = false;
  #watch: NodeJS.Timeout | undefined;
  #watchedAt = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#slots = Array.from({ length: options.count }, (_, index) => new Slot(String(index + 1)));
  }

  async listen(port: number, host: string): Promise<{ host: string; port: number }> {
    // Held for a moment: that it cannot be had is said once, and not by each worker, and all need the same.
    const server = createServer();
    this.#place = await listen(server, host, port, '--port');
    await new Promise((resolve) => server.close(resolve));
    try {
      await Promise.all(this.#slots.map((slot) => this.#start(slot)));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#watchedAt = performance.now();
    this.#watch = setInterval(() => this.#killSilent(), WATCHED_EVERY_MS);
    return this.#place;
  }

  changed(change: Change): void {
    const number = this.#applied.next();
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'change', number, change });
  }

  configure(settings: PlaneSettings): void {
    this.#settings = settings;
    for (const { process, isFollowing } of this.#slots)
      if (isFollowing) process?.send({ type: 'configure', settings });
  }

  whenApplied(call: () => void): void {
    this.#applied.when(call);
  }

  loads(): readonly ProcessLoad[] {
    return this.#slots.flatMap(({ load }) => load ?? []);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watch);
    const cut = setTimeout(() => {
      for (const { process } of this.#slots) process?.kill();
    }, END_MS);
    await Promise.all(this.#slots.map((slot) => slot.close()));
    clearTimeout(cut);
  }

  /** Resolves when a worker listens in this slot. Rejects with a {@link WorkerEnded} if it ends before. */
  #start(slot: Slot): Promise<WorkerProcess> {
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      let isListening = false;
      const worker: WorkerProcess = this.#options.spawn({
        onMessage: (input) => {
          const message = FROM_WORKER.decode(input, performance.timeOrigin);
          if (message.type === 'listening') {
            isListening = true;
            slot.heard(NO_LOAD);
            resolve(worker);
          } else this.#receive(slot, worker, message);
        },
        onEnd: (how) => {
          slot.ended();
          this.#applied.leave(worker);
          const ended = new WorkerEnded(worker.pid, how, performance.now() - startedAt);
          if (isListening) this.#replace(slot, ended);
          else reject(ended);
        },
      });
      slot.started(worker);
    });
  }

  #receive(slot: Slot, worker: WorkerProcess, message: FromWorker): void {
    const { table, onOutcome, onReport } = this.#options;
    if (message.type === 'hello') {
      const state = { prefixes: table.prefixes(), instances: table.instances() };
      worker.send({ type: 'begin', settings: this.#settings, table: state, ...this.#place });
      slot.isFollowing = true;
      this.#applied.join(worker);
    }
    if (message.type === 'report') {
      slot.heard(message.load);
      onReport(slot.name, message);
    }
    if (message.type === 'applied') this.#applied.by(worker, message.number);
    if (message.type === 'outcome') onOutcome(message.key, message.verdict);
  }

  #killSilent(): void {
    const now = performance.now();
    // If this process itself stood still, what workers said meanwhile waits to be read.
    const wasLate = now - this.#watchedAt > 2 * WATCHED_EVERY_MS;
    this.#watchedAt = now;
    if (wasLate) return;
    for (const { process, load, heardAt } of this.#slots) {
      if (process === undefined || load === undefined || now - heardAt < MOST_SILENCE_MS) continue;
      this.#options.logger.error({ worker: process.pid }, 'killing unresponsive worker');
      process.kill();
    }
  }

  #replace(slot: Slot, ended: WorkerEnded): void {
    if (this.#isClosing) return;
    const wait = slot.backOff.after(ended.livedMs);
    this.#options.logger.error({ waitMs: wait }, `${ended.message}: starting another`);
    slot.timer = setTimeout(() => {
      this.#start(slot).then(
        ({ pid }) => this.#options.logger.info({ worker: pid }, 'worker started'),
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

/** The place of one worker after the other. */
class Slot {
  readonly name: string;
  readonly backOff: BackOff = new BackOff();
  process: WorkerProcess | undefined;
  /** It has the whole table, and so is told of changes. */
  isFollowing = false;
  timer: NodeJS.Timeout | undefined;
  /** As it said last; nothing while it does not listen. */
  load: ProcessLoad | undefined;
  heardAt = 0;
  #onEnded: () => void = () => {};

  constructor(name: string) {
    this.name = name;
  }

  started(process: WorkerProcess): void {
    this.process = process;
  }

  heard(load: ProcessLoad): void {
    this.load = load;
    this.heardAt = performance.now();
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
