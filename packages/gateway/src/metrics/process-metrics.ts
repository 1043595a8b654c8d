import { newCounts, observeSeconds } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { ProcessSample } from '../traffic/process-sample.ts';
import type { Exposition, Labels } from './exposition.ts';

interface Seen {
  sample: ProcessSample;
  /** Of each second the longest. */
  readonly delays: Counts;
}

/** How each process of a gateway does: `main`, and its workers by their number. */
export class Processes {
  readonly #seen = new Map<string, Seen>();

  /** @param sample of the second that is over */
  note(name: string, sample: ProcessSample): void {
    const seen = this.#seen.get(name) ?? { sample, delays: newCounts() };
    seen.sample = sample;
    observeSeconds(seen.delays, sample.delaySeconds);
    this.#seen.set(name, seen);
  }

  all(): Iterable<readonly [string, Seen]> {
    return this.#seen;
  }
}

export function addProcessMetrics(exposition: Exposition, processes: Processes): void {
  const read = (of: (sample: ProcessSample) => number): [Labels, number][] =>
    Array.from(processes.all(), ([process, { sample }]) => [{ process }, of(sample)]);

  exposition.gauge({ name: 'resident_memory_bytes', help: 'Resident memory of the process' }, () =>
    read(({ residentBytes }) => residentBytes),
  );
  exposition.counter({ name: 'cpu_seconds_total', help: 'CPU time of the process' }, () =>
    read(({ cpuSeconds }) => cpuSeconds),
  );
  exposition.histogram(
    {
      name: 'event_loop_delay_seconds',
      help: 'Of each second, the longest time that the event loop was late',
    },
    () => Array.from(processes.all(), ([process, { delays }]) => [{ process }, delays]),
  );
}
