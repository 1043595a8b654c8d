/** Pusher's published limits. Sizes are bytes of UTF-8 and lengths are characters. */
export const LIMITS = {
  eventNameLength: 200,
  /** The documentation says 164; the SDKs accept 200, so a server must. */
  channelNameLength: 200,
  dataBytes: 10_240,
  channelsPerTrigger: 100,
  eventsPerBatch: 10,
  presenceMembers: 100,
  userIdLength: 128,
  /** `channel_data`: the user's id and info together. */
  userObjectBytes: 1_024,
  clientEventsPerSecond: 10,
  watchlistUsers: 100,
  /** How long a cache channel keeps its last event, in milliseconds. */
  cacheMs: 1_800_000,
  /** Above so many subscribers they hear of their number now and then only. */
  promptSubscriptionCounts: 100,
  subscriptionCountIntervalMs: 5_000,
} as const;
