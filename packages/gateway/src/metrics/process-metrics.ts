import { newCounts, observeSeconds } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { ProcessSample } from '../traffic/process-sample.ts';
import type { MetricsRegistry, Labels } from './metrics-registry.ts';

interface SampledProcess {
  sample: ProcessSample;
  /** The longest delay of each second. */
  readonly delays: Counts;
}

/** Keeps the latest sample of each process: `main`, and the workers by their number. */
export class ProcessSamples {
  readonly #processes = new Map<string, SampledProcess>();

  /** @param sample of the past second */
  add(name: string, sample: ProcessSample): void {
    const process = this.#processes.get(name) ?? { sample, delays: newCounts() };
    process.sample = sample;
    observeSeconds(process.delays, sample.delaySeconds);
    this.#processes.set(name, process);
  }

  all(): Iterable<readonly [string, SampledProcess]> {
    return this.#processes;
  }
}

export function addProcessMetrics(metrics: MetricsRegistry, processes: ProcessSamples): void {
  const read = (of: (sample: ProcessSample) => number): [Labels, number][] =>
    Array.from(processes.all(), ([process, { sample }]) => [{ process }, of(sample)]);

  metrics.gauge({ name: 'resident_memory_bytes', help: 'Resident memory of the process' }, () =>
    read(({ residentBytes }) => residentBytes),
  );
  metrics.counter(
    { name: 'cpu_seconds_total', help: 'CPU time of the process, user and system' },
    () => read(({ cpuSeconds }) => cpuSeconds),
  );
  metrics.histogram(
    {
      name: 'event_loop_delay_seconds',
      help: 'Longest delay of the event loop in each second',
    },
    () => Array.from(processes.all(), ([process, { delays }]) => [{ process }, delays]),
  );
}
