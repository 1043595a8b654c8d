/** What has happened in one app since the broker started. Each number only grows. */
export class Counters {
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
}
