import { EventLog } from '../event-log/event-log.ts';

/** An event that was published. */
interface PublishedEvent {
  readonly name: string;
  readonly data: string;
  readonly channels: readonly string[];
}

/** What has happened in one app since the broker started. Each number only grows. */
export class Counters {
  /** The same in detail, while an operator watches. */
  readonly log: EventLog = new EventLog();
  connections = 0;
  /** Events published over the HTTP API, one for each channel. */
  publications = 0;
  /** Events sent by clients. */
  clientEvents = 0;
  /** Events sent to subscribers, one for each subscriber. */
  deliveries = 0;
  /** Connections closed because the client did not read fast enough. */
  slowConsumers = 0;
  /** Events that a webhook has accepted. */
  webhookEventsSent = 0;
  /** Events given up after all retries, or dropped because too many were waiting. */
  webhookEventsDropped = 0;

  /** An event was published over the HTTP API. */
  published({ name: event, data, channels }: PublishedEvent): void {
    this.publications += channels.length;
    if (!this.log.isWatched) return;
    for (const channel of channels) this.log.add({ type: 'publication', channel, event, data });
  }
}
