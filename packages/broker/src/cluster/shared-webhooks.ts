import type { WebhookEvent } from '../webhook-event.ts';
import { responsibleFor } from './responsible.ts';

/**
 * For how long events of other nodes are remembered. If such a node ends, another reports what it may not have reported: it
 * was noticed after 3.5 s, and held the event for 3 s.
 */
const REMEMBERED_MS = 8_000;

/** More events are not remembered, because any client can cause them. */
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly event: WebhookEvent;
  readonly responsible: string;
  readonly at: number;
}

export interface SharedWebhooksOptions {
  readonly node: string;
  readonly peers: () => readonly string[];
  readonly clock: () => number;
  readonly report: (event: WebhookEvent) => void;
}

/** Lets one node report each event that all of them see, such as a channel that became occupied. */
export class SharedWebhooks {
  readonly #options: SharedWebhooksOptions;
  #remembered: Remembered[] = [];

  constructor(options: SharedWebhooksOptions) {
    this.#options = options;
  }

  report(event: WebhookEvent): void {
    const { node, peers, clock, report } = this.#options;
    // Other nodes do not see these.
    if (event.name === 'client_event' || event.name === 'cache_miss') return report(event);
    const responsible = responsibleFor(event.channel, [node, ...peers()]) ?? node;
    if (responsible === node) return report(event);
    this.#forgetOld();
    if (this.#remembered.length < MAX_REMEMBERED) {
      this.#remembered.push({ event, responsible, at: clock() });
    }
  }

  /** A node is gone or closes: what it was to report is reported by the nodes responsible now, perhaps once more. */
  gone(node: string): void {
    const remembered = this.#remembered;
    this.#remembered = remembered.filter(({ responsible }) => responsible !== node);
    const oldest = this.#options.clock() - REMEMBERED_MS;
    for (const { event, responsible, at } of remembered) {
      if (responsible === node && at > oldest) this.report(event);
    }
  }

  #forgetOld(): void {
    const oldest = this.#options.clock() - REMEMBERED_MS;
    const first = this.#remembered.findIndex(({ at }) => at > oldest);
    this.#remembered.splice(0, first === -1 ? this.#remembered.length : first);
  }
}
