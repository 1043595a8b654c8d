import type { Directory } from '@rollcall/client';
import type { DataPlane } from '../data-plane.ts';
import { TrafficHistory, WINDOW_MS } from '../traffic/history.ts';
import { ProcessSampler } from '../traffic/process-sample.ts';
import { TrafficCounter } from '../traffic/traffic.ts';
import type { WorkerReport } from '../workers/pool.ts';
import { addDiscoveryMetrics } from './discovery-metrics.ts';
import { Exposition } from './exposition.ts';
import { addProcessMetrics, Processes } from './process-metrics.ts';
import { addTrafficMetrics } from './traffic-metrics.ts';

const SAMPLE_EVERY_MS = 1000;

/** What is measured of a gateway, all of its processes together. */
export class Telemetry {
  readonly traffic: TrafficCounter;
  readonly history: TrafficHistory;
  readonly #exposition = new Exposition();
  readonly #processes = new Processes();
  readonly #sampler = new ProcessSampler();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(directory: Directory) {
    this.traffic = new TrafficCounter(directory.instances());
    directory.on('change', (change) => this.traffic.changed(change));
    this.history = new TrafficHistory(this.traffic);
    this.#timers = [
      setInterval(() => this.#processes.note('main', this.#sampler.sample()), SAMPLE_EVERY_MS),
      setInterval(() => this.history.turn(Date.now()), WINDOW_MS),
    ];
    addDiscoveryMetrics(this.#exposition, { directory, now: Date.now });
    addProcessMetrics(this.#exposition, this.#processes);
  }

  /** From here on there is traffic. */
  serving(plane: Pick<DataPlane, 'loads'>): void {
    addTrafficMetrics(this.#exposition, {
      traffic: this.traffic,
      loads: () => plane.loads(),
    });
  }

  /** What a worker has counted. */
  counted(worker: string, { traffic, process }: WorkerReport): void {
    this.traffic.add(traffic);
    this.#processes.note(worker, process);
  }

  readonly contentType: string = this.#exposition.registry.contentType;

  /** In Prometheus' text format. */
  expose(): Promise<string> {
    return this.#exposition.registry.metrics();
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sampler.close();
  }
}
