import { isDraining } from '@rollcall/protocol';
import { createInProcessDataPlane } from '../data-plane/in-process.ts';
import type { InProcessDataPlane } from '../data-plane/in-process.ts';
import { instanceOutcome } from '../data-plane/instance-outcome.ts';
import type { DataPlaneSettings } from '../data-plane/data-plane.ts';
import { openRequestObservers } from '../data-plane/request-observers.ts';
import { NO_LOAD } from '../traffic/process-load.ts';
import { ProcessSampler } from '../traffic/process-sample.ts';
import { TrafficCounter } from '../traffic/traffic-counter.ts';
import { TO_WORKER } from './messages.ts';
import type { Split } from '../rollout/split.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Replica } from './replica.ts';

/** What a worker has after `begin`. */
interface WorkerState {
  settings: DataPlaneSettings;
  isTableComplete: boolean;
  /** How versions share requests, by service. */
  readonly splits: Map<string, Split | undefined>;
  /** Undefined while it is being created. Settings that arrive meanwhile are in `settings`. */
  plane?: InProcessDataPlane;
  readonly replica: Replica;
  readonly traffic: TrafficCounter;
}

/** Counts since the latest report are lost if a worker is killed. */
const REPORT_EVERY_MS = 1000;
/** The same while requests to a draining instance are in flight, so that the main process knows soon that it is drained. */
const REPORT_DRAINING_EVERY_MS = 100;

/** Runs a data plane in a worker process, by a replica of the primary's table. */
export class Worker {
  readonly #send: (message: FromWorker) => void;
  #state: WorkerState | undefined;
  readonly #sampler = new ProcessSampler();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Handles a message. Resolves to whether the worker has closed. */
  async receive(input: unknown): Promise<boolean> {
    const message = TO_WORKER.decode(input, performance.timeOrigin);
    await this.#handle(message);
    return message.type === 'close';
  }

  #handle(message: ToWorker): void | Promise<void> {
    switch (message.type) {
      case 'begin':
        return this.#begin(message);
      case 'change':
        return this.#change(message);
      case 'prefix-forgotten':
        return this.#forgetPrefix(message.prefix);
      case 'split':
        return this.#split(message.service, message.split);
      case 'table-completed':
        return this.#tableCompleted();
      case 'limits-spent':
        return this.#state?.plane?.chargeLimits(message.spent);
      case 'configure':
        return this.#configure(message);
      case 'close':
        return this.#close();
    }
  }

  async #close(): Promise<void> {
    await this.#state?.plane?.close();
    this.#report();
    clearTimeout(this.#timer);
  }

  async #begin(message: ToWorker & { type: 'begin' }): Promise<void> {
    const { settings, table, splits, isTableComplete, host, ports } = message;
    const replica = new Replica(table);
    const traffic = new TrafficCounter(table.instances);
    const state: WorkerState = {
      settings,
      isTableComplete,
      splits: new Map(splits),
      replica,
      traffic,
    };
    // Changes may arrive from here on.
    this.#state = state;
    const observers = await openRequestObservers(settings);
    const plane = createInProcessDataPlane({
      settings: state.settings,
      table: replica,
      isTableComplete: state.isTableComplete,
      traffic,
      observers,
      onUnreachable: (...failed) => this.#send({ type: 'outcome', ...instanceOutcome(...failed) }),
      onServed: (served) => this.#send({ type: 'served', served }),
      // At once, so that the log and the admin API do not lag behind routing.
      onEjected: () => this.#report(),
      onRequestError: (error) => this.#send({ type: 'request-error', ...error }),
      shareLimits: (spent) => this.#send({ type: 'limits-spent', spent }),
      onFilterFault: (filter, reason) => this.#send({ type: 'filter-fault', filter, reason }),
    });
    state.plane = plane;
    for (const [service, split] of state.splits) plane.split(service, split);
    await plane.listen(ports, host);
    this.#send({ type: 'listening' });
    this.#reportIn(REPORT_EVERY_MS);
  }

  #forgetPrefix(prefix: string): void {
    this.#state?.replica.forgetPrefix(prefix);
    this.#state?.plane?.forgetPrefix(prefix);
  }

  #split(service: string, split: Split | undefined): void {
    this.#state?.splits.set(service, split);
    this.#state?.plane?.split(service, split);
  }

  #tableCompleted(): void {
    if (this.#state === undefined) return;
    this.#state.isTableComplete = true;
    this.#state.plane?.tableCompleted();
  }

  #configure({ number, settings }: ToWorker & { type: 'configure' }): void {
    if (this.#state !== undefined) {
      this.#state.settings = settings;
      this.#state.plane?.configure(settings);
    }
    this.#send({ type: 'applied', number });
  }

  #change({ number, change }: ToWorker & { type: 'change' }): void {
    this.#state?.replica.apply(change);
    this.#state?.traffic.apply(change);
    this.#state?.plane?.apply(change);
    // Whether it is drained depends on its requests in flight.
    if (isDraining(change.instance)) this.#report();
    this.#send({ type: 'applied', number });
  }

  /** Sends what was counted since the previous report. */
  #report(): void {
    if (this.#state === undefined) return;
    const { plane, replica, traffic } = this.#state;
    const [load = NO_LOAD] = plane?.loads() ?? [];
    const evidence = plane?.takeEvidence() ?? [];
    const process = this.#sampler.sample();
    this.#send({ type: 'report', traffic: traffic.take(), evidence, load, process });
    const drains = load.inFlight.some(([key]) => replica.isDraining(key));
    this.#reportIn(drains ? REPORT_DRAINING_EVERY_MS : REPORT_EVERY_MS);
  }

  #reportIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#report(), milliseconds);
  }
}
