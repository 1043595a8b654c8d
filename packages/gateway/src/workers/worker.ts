import { createDataPlane } from '../data-plane.ts';
import type { DataPlane, PlaneSettings } from '../data-plane.ts';
import { openInstruments } from '../instruments.ts';
import { NO_LOAD } from '../traffic/load.ts';
import { ProcessSampler } from '../traffic/process-sample.ts';
import { TrafficCounter } from '../traffic/traffic.ts';
import { TO_WORKER } from './messages.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Replica } from './replica.ts';

interface Serving {
  settings: PlaneSettings;
  /** Nothing before it is there: what comes before, it is made with. */
  plane?: DataPlane;
  readonly replica: Replica;
  readonly traffic: TrafficCounter;
}

/** What was counted since is lost if a worker is killed. */
const COUNTED_EVERY_MS = 1000;

/** A data plane in a process of its own, over a table that its primary keeps. */
export class Worker {
  readonly #send: (message: FromWorker) => void;
  #serving: Serving | undefined;
  readonly #sampler = new ProcessSampler();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: FromWorker) => void) {
    this.#send = send;
  }

  /** Takes a message. Resolves to whether the worker has closed. */
  async receive(input: unknown): Promise<boolean> {
    const message = TO_WORKER.decode(input, performance.timeOrigin);
    if (message.type === 'begin') await this.#begin(message);
    if (message.type === 'change') this.#change(message);
    if (message.type === 'configure') this.#configure(message.settings);
    if (message.type !== 'close') return false;
    await this.#serving?.plane?.close();
    clearInterval(this.#timer);
    this.#tell();
    return true;
  }

  async #begin({ settings, table, host, port }: ToWorker & { type: 'begin' }): Promise<void> {
    const replica = new Replica(table);
    const traffic = new TrafficCounter(table.instances);
    const serving: Serving = { settings, replica, traffic };
    // From here on changes may come.
    this.#serving = serving;
    const instruments = await openInstruments(settings);
    const plane = createDataPlane({
      settings: serving.settings,
      table: replica,
      traffic,
      instruments,
      onUnreachable: ({ key }, verdict) => this.#send({ type: 'outcome', key, verdict }),
    });
    serving.plane = plane;
    await plane.listen(port, host);
    this.#send({ type: 'listening' });
    this.#timer = setInterval(() => this.#tell(), COUNTED_EVERY_MS);
  }

  #configure(settings: PlaneSettings): void {
    if (this.#serving === undefined) return;
    this.#serving.settings = settings;
    this.#serving.plane?.configure(settings);
  }

  #change({ number, change }: ToWorker & { type: 'change' }): void {
    this.#serving?.replica.apply(change);
    this.#serving?.traffic.changed(change);
    this.#serving?.plane?.changed(change);
    this.#send({ type: 'applied', number });
  }

  /** Says what was counted since it was said before. */
  #tell(): void {
    if (this.#serving === undefined) return;
    const { plane, traffic } = this.#serving;
    const [load = NO_LOAD] = plane?.loads() ?? [];
    this.#send({ type: 'report', traffic: traffic.take(), load, process: this.#sampler.sample() });
  }
}
