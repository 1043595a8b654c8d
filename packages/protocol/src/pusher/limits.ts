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
} as const;
