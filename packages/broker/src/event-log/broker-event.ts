/** The kinds of events of a broker's log. */
export const BROKER_EVENT_TYPES = [
  'connected',
  'disconnected',
  'subscribed',
  'unsubscribed',
  'refused',
  'signed-in',
  'client-event',
  'publication',
  'webhook-sent',
  'webhook-failed',
] as const;

/** A kind of event of a broker's log. */
export type BrokerEventType = (typeof BROKER_EVENT_TYPES)[number];

/** What has happened in an app, on one node. */
export interface BrokerEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What kind of event it is. */
  readonly type: BrokerEventType;
  /** The channel that it is about. */
  readonly channel?: string;
  /** The name of the event that was published or sent. */
  readonly event?: string;
  /** The connection that it is about. */
  readonly socketId?: string;
  /** The user that it is about. */
  readonly userId?: string;
  /** The start of the data, at most 1000 characters. */
  readonly data?: string;
  /** Characters of the whole data. */
  readonly dataLength?: number;
  /** Why something was refused or failed, or where a webhook was sent. */
  readonly detail?: string;
}
