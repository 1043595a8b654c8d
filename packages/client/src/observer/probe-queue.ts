import type { Announcement, Effect, Probed } from '@rollcall/protocol';
import { limitConcurrency } from './limit-concurrency.ts';
import type { Prober } from './probe.ts';

/**
 * With a connection for each of 10,000 instances at once, most probes timed out and took healthy instances down.
 * This many are answered within a tenth of a second, and it detects 250 hanging instances a second.
 */
const MAX_PROBES = 256;
/** In a turn of the event loop: a request waits for no more than a millisecond of them. */
const MAX_STARTS = 8;

interface ProbeQueueOptions {
  readonly prober: Prober;
  /** Whether an instance still announces this. If not, the table has scheduled another probe. */
  readonly isDue: (key: string, announcement: Announcement) => boolean;
  /** @param isFirst a probe that has timed out may report again */
  readonly onProbed: (key: string, probed: Probed, isFirst: boolean) => void;
}

/** Makes the probes that the table asks for, a limited number at a time. */
export class ProbeQueue {
  readonly #options: ProbeQueueOptions;
  readonly #limit = limitConcurrency(MAX_PROBES, MAX_STARTS);

  constructor(options: ProbeQueueOptions) {
    this.#options = options;
  }

  async add({ instance, by }: Extract<Effect, { type: 'probe' }>): Promise<void> {
    const { prober, isDue, onProbed } = this.#options;
    const { key, announcement } = instance;
    await this.#limit(async () => {
      if (!isDue(key, announcement)) return;
      await new Promise<void>((release) => {
        let isFirst = true;
        const report = (probed: Probed): boolean => {
          // A probe that is overdue leaves its place to others.
          release();
          if (!isDue(key, announcement)) return false;
          onProbed(key, probed, isFirst);
          isFirst = false;
          return true;
        };
        void prober[by](announcement, report).then(report);
      });
    });
  }
}
