import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How a process does. */
export interface ProcessSample {
  readonly residentBytes: number;
  /** User and system, since it began. */
  readonly cpuSeconds: number;
  /** The longest delay of its event loop since it was asked before. */
  readonly delaySeconds: number;
}

/** Milliseconds between samples: what is shorter than this makes nobody wait who would notice. */
const RESOLUTION = 20;

/** Reads how this process does. It samples from its first use. */
export class ProcessSampler {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor() {
    this.#delay.enable();
  }

  sample(): ProcessSample {
    const { user, system } = process.cpuUsage();
    // Nanoseconds from one sample to the next, the time between them included.
    const delay = this.#delay.max / 1e6 - RESOLUTION;
    this.#delay.reset();
    return {
      residentBytes: process.memoryUsage.rss(),
      cpuSeconds: (user + system) / 1e6,
      delaySeconds: Math.max(0, delay) / 1000,
    };
  }

  close(): void {
    this.#delay.disable();
  }
}
