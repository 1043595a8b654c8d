import type { BrokerEvent } from './broker-event.ts';
import { EventWatch } from './event-watch.ts';
import type { EventBatch, EventFilter } from './event-watch.ts';

/** What a part of the broker adds: the log itself notes the time, and cuts the data. */
export type NewBrokerEvent = Omit<BrokerEvent, 'at' | 'dataLength'>;

/** Data may be 10 KB long, and is secret to most people. The start of it is enough to recognise an event. */
const MAX_DATA = 1_000;

/** The events of one app on this node, for operators that watch them. While none does, nothing is kept. */
export class EventLog {
  readonly #watches = new Set<EventWatch>();

  /** Whether an event that is added is of use. Look before making one. */
  get isWatched(): boolean {
    return this.#watches.size > 0;
  }

  add(added: NewBrokerEvent): void {
    if (!this.isWatched) return;
    const { data } = added;
    const event: BrokerEvent = {
      at: Date.now(),
      ...added,
      ...(data !== undefined && { data: data.slice(0, MAX_DATA), dataLength: data.length }),
    };
    for (const watch of this.#watches) watch.offer(event);
  }

  /**
   * Passes events to `onBatch`, a few times a second, until the watch is closed.
   *
   * @param onBatch - returns whether it has taken the batch. If not, it is offered again, and events that come meanwhile and do
   * not fit are dropped, and counted.
   * @param onClose - the watch was closed, perhaps because the app is not served any more
   */
  watch(
    filter: EventFilter,
    onBatch: (batch: EventBatch) => boolean,
    onClose: () => void = () => {},
  ): EventWatch {
    const watch = new EventWatch(filter, onBatch, () => {
      if (this.#watches.delete(watch)) onClose();
    });
    this.#watches.add(watch);
    return watch;
  }

  /** Ends all watches. */
  close(): void {
    for (const watch of this.#watches) watch.close();
  }
}
