import { LIMITS } from '@rollcall/proxy';

/** What a peer may take of time and memory. The defaults are those of the proxy. */
export const LIMIT_SETTINGS = {
  headBytes: {
    type: 'integer',
    min: 1024,
    max: 1_048_576,
    unit: 'bytes',
    default: LIMITS.headBytes as number,
    doc: 'Maximum size of a head, and of trailers.',
  },
  bodyBytes: {
    type: 'integer',
    min: 0,
    max: Number.MAX_SAFE_INTEGER as number,
    unit: 'bytes',
    default: LIMITS.bodyBytes as number,
    perRoute: true,
    doc: 'Maximum size of a request body.',
  },
  headMs: {
    type: 'milliseconds',
    default: LIMITS.headMs as number,
    doc: 'Maximum time from the first byte of a request head to its last.',
  },
  idleMs: {
    type: 'milliseconds',
    default: LIMITS.idleMs as number,
    doc: 'Maximum time until the first or the next request begins on a connection.',
  },
  filterMs: {
    type: 'milliseconds',
    default: LIMITS.filterMs as number,
    perRoute: true,
    doc: 'Maximum time for all filters of a request.',
  },
  connectMs: {
    type: 'milliseconds',
    default: LIMITS.connectMs as number,
    perRoute: true,
    doc: 'Maximum time to connect to an instance.',
  },
  answerMs: {
    type: 'milliseconds',
    default: LIMITS.answerMs as number,
    perRoute: true,
    doc: 'Maximum time until an instance begins its response, once it has the request.',
  },
  requestBodyMs: {
    type: 'milliseconds',
    default: LIMITS.requestBodyMs as number,
    perRoute: true,
    doc: 'Maximum time between two parts of a request body.',
  },
  answerBodyMs: {
    type: 'milliseconds',
    default: LIMITS.answerBodyMs as number,
    perRoute: true,
    doc: 'Maximum time between two parts of a response body, and for the client to take one.',
  },
  totalMs: {
    type: 'milliseconds',
    default: LIMITS.totalMs as number,
    perRoute: true,
    doc: 'Maximum time from the whole head of a request to the end of its response, retries included. Tunnels, such as WebSockets, are exempt.',
  },
  connections: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: LIMITS.connections as number,
    doc: 'Maximum connections of all clients together, in each worker. Never more than half of the connections that the limit of open files (`ulimit -n`) leaves.',
  },
  connectionsPerAddress: {
    type: 'integer',
    min: 1,
    max: 10_000_000,
    default: LIMITS.connectionsPerAddress as number,
    doc: 'Maximum connections of clients from one address, or from one IPv6 network of /64, in each worker.',
  },
  heldBytes: {
    type: 'integer',
    min: 1_048_576,
    max: Number.MAX_SAFE_INTEGER as number,
    unit: 'bytes',
    default: LIMITS.heldBytes as number,
    doc: 'Maximum bytes that are held for all clients together, in each worker: on their way to a slow client or instance, or waiting for their turn. Above it, connections are reset: first the largest holders of the address, or IPv6 network of /64, for which most is held.',
  },
  idlePerInstance: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: LIMITS.idlePerInstance as number,
    doc: 'Maximum idle connections that are kept to one instance.',
  },
  instanceIdleMs: {
    type: 'milliseconds',
    default: LIMITS.instanceIdleMs as number,
    doc: 'How long an idle connection to an instance is kept, unless the instance announces less.',
  },
} as const;
