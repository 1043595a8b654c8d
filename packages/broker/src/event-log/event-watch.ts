import type { BrokerEvent, BrokerEventType } from './broker-event.ts';

const BATCH_MS = 250;

/** More events than this in one batch are dropped, because people cannot read them, and counted. */
export const MAX_BATCH = 50;

/** Which events are wanted. */
export interface EventFilter {
  /** Default: all. */
  readonly types?: ReadonlySet<BrokerEventType> | undefined;
  /** A part of the channel, the name of the event, the socket id or the user id. */
  readonly text?: string | undefined;
}

/** Events that a client of the admin API is sent together. */
export interface EventBatch {
  /** At most 50, the oldest first. */
  readonly events: readonly BrokerEvent[];
  /** Events that match the filter and were dropped since the last batch. */
  readonly dropped: number;
}

/** One operator that watches the events of an app. It takes a bounded share of time and memory, however many there are. */
export class EventWatch {
  readonly #filter: EventFilter;
  readonly #onBatch: (batch: EventBatch) => boolean;
  readonly #onClose: () => void;
  readonly #timer: NodeJS.Timeout;
  #events: BrokerEvent[] = [];
  #dropped = 0;

  constructor(filter: EventFilter, onBatch: (batch: EventBatch) => boolean, onClose: () => void) {
    this.#filter = filter;
    this.#onBatch = onBatch;
    this.#onClose = onClose;
    this.#timer = setInterval(() => this.#flush(), BATCH_MS);
  }

  offer(event: BrokerEvent): void {
    if (!matches(event, this.#filter)) return;
    if (this.#events.length < MAX_BATCH) this.#events.push(event);
    else this.#dropped += 1;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#onClose();
  }

  #flush(): void {
    if (this.#events.length === 0) return;
    if (!this.#onBatch({ events: this.#events, dropped: this.#dropped })) return;
    this.#events = [];
    this.#dropped = 0;
  }
}

function matches(event: BrokerEvent, { types, text }: EventFilter): boolean {
  if (types !== undefined && !types.has(event.type)) return false;
  if (text === undefined) return true;
  const { channel, event: name, socketId, userId } = event;
  return [channel, name, socketId, userId].some((each) => each?.includes(text) === true);
}
