/** The longest time that a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** What connections may do. */
export const CONNECTION_SETTINGS = {
  connectionsPerAddress: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    defaultIs: 'three quarters of all',
    example: 1000,
    doc: 'Maximum connections from one address; the first 64 bits of an IPv6 address are one. By default others always find room, also when a proxy has one address for all its clients.',
  },
  activityTimeoutMs: {
    type: 'milliseconds',
    max: MAX_TIMER_MS as 2_147_483_647,
    default: 120_000,
    flag: '--activity-timeout <seconds>',
    flagUnit: 'seconds',
    doc: 'Silence after which a client is pinged.',
  },
  pongTimeoutMs: {
    type: 'milliseconds',
    max: MAX_TIMER_MS as 2_147_483_647,
    default: 30_000,
    flag: '--pong-timeout <seconds>',
    flagUnit: 'seconds',
    doc: 'Further silence after which its connection is closed.',
  },
  maxSubscriptions: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    default: 20_000,
    flag: '--max-subscriptions <count>',
    doc: 'Maximum channels that one connection is subscribed to.',
  },
  maxPublicSubscriptions: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    default: 1000,
    doc: 'Maximum public channels among them, which need no signature. 1000 take about 2 MB of memory.',
  },
  compression: {
    type: 'boolean',
    default: false,
    doc: 'Whether WebSockets are compressed (permessage-deflate) for clients that ask for it.',
  },
  maxUnreadBytes: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    unit: 'bytes',
    default: 1_048_576,
    doc: 'Maximum data that one connection leaves unread before it is closed.',
  },
} as const;
