import { newCounts, observeSeconds } from '../traffic/counts.ts';
import type { Counts } from '../traffic/counts.ts';
import type { Vitals } from '../traffic/process-vitals.ts';
import type { Exposition, Labels } from './exposition.ts';

interface Seen {
  vitals: Vitals;
  /** Of each second the longest. */
  readonly delays: Counts;
}

/** How each process of a gateway does: `main`, and its workers by their number. */
export class Processes {
  readonly #seen = new Map<string, Seen>();

  /** @param vitals of the second that is over */
  note(name: string, vitals: Vitals): void {
    const seen = this.#seen.get(name) ?? { vitals, delays: newCounts() };
    seen.vitals = vitals;
    observeSeconds(seen.delays, vitals.delaySeconds);
    this.#seen.set(name, seen);
  }

  all(): Iterable<readonly [string, Seen]> {
    return this.#seen;
  }
}

export function addProcessMetrics(exposition: Exposition, processes: Processes): void {
  const read = (of: (vitals: Vitals) => number): [Labels, number][] =>
    Array.from(processes.all(), ([process, { vitals }]) => [{ process }, of(vitals)]);

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
