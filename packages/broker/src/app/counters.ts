/** What has happened to one app since the broker started; each number only grows. */
export class Counters {
  connections = 0;
  /** Events that were published over the HTTP API, one for each channel they went to. */
  publications = 0;
  /** Events that clients sent to each other. */
  clientEvents = 0;
  /** Events that were sent to a subscriber, one for each. */
  deliveries = 0;
  /** Connections that were cut because they did not read. */
  slowConsumers = 0;
  webhookEventsSent = 0;
  /** Given up after all retries, or never taken because too many waited. */
  webhookEventsLost = 0;
}
