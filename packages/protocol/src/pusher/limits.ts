/** The limits that Pusher publishes. Sizes are bytes of UTF-8, lengths are characters. */
export const LIMITS = {
  eventNameLength: 200,
  /** The documentation says 164. The SDKs accept 200, so a server has to. */
  channelNameLength: 200,
  dataBytes: 10_240,
  channelsPerTrigger: 100,
  eventsPerBatch: 10,
  presenceMembers: 100,
  userIdLength: 128,
  /** The size of `channel_data`, which has the id and the info of the user. */
  userObjectBytes: 1_024,
  clientEventsPerSecond: 10,
  watchlistUsers: 100,
  /** How long a cache channel keeps its last event, in milliseconds. */
  cacheMs: 1_800_000,
  /** With more subscribers, their number is reported at intervals instead of at each change. */
  promptSubscriptionCounts: 100,
  subscriptionCountIntervalMs: 5_000,
} as const;
