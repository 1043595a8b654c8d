import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The resources that a process uses. */
export interface ProcessSample {
  readonly residentBytes: number;
  /** User and system time since the process began. */
  readonly cpuSeconds: number;
  /** The longest delay of its event loop since the previous sample. */
  readonly delaySeconds: number;
}

/** Milliseconds between measurements of the event loop: shorter delays do not matter. */
const RESOLUTION = 20;

/** Measures the resources that this process uses. */
export class ProcessSampler {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION });

  #residentBytes = 0;

  constructor() {
    this.#delay.enable();
  }

  sample(): ProcessSample {
    const { user, system } = process.cpuUsage();
    // In nanoseconds, and including the resolution.
    const delay = this.#delay.max / 1e6 - RESOLUTION;
    this.#delay.reset();
    return {
      residentBytes: this.#resident(),
      cpuSeconds: (user + system) / 1e6,
      delaySeconds: Math.max(0, delay) / 1000,
    };
  }

  /** Reading it opens a file, for which there may be no descriptor: then it is what it was. */
  #resident(): number {
    try {
      this.#residentBytes = process.memoryUsage.rss();
    } catch {
      // The next sample may have one.
    }
    return this.#residentBytes;
  }

  close(): void {
    this.#delay.disable();
  }
}
