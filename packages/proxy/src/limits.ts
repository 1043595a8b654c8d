/**
 * What a client or an upstream may take of time and memory. Times are in milliseconds and kept to within a quarter of a
 * second. Each limit is a number; `Infinity` means none.
 */
export interface Limits {
  /** Bytes of a head, and of trailers. Larger: 431, or 414 if it is the request line. Default 16384. */
  readonly headBytes: number;
  /** Bytes of the body of a request. Larger: 413. Default `Infinity`, because bodies pass through. */
  readonly bodyBytes: number;
  /** From the first byte of a request head to its last. Longer: 408. Default 15000. */
  readonly headMs: number;
  /** Until the first or the next request begins on a client's connection, which is closed then. Default 75000. */
  readonly idleMs: number;
  /** For all filters of a request together, if they take their time. Longer: 500. Default 30000. */
  readonly filterMs: number;
  /** To open a connection to an upstream. Longer: the next upstream, or 502. Default 5000. */
  readonly connectMs: number;
  /** Until an upstream begins its response, once it has the request. Longer: 504. Default 300000. */
  readonly answerMs: number;
  /** Between two parts of the body of a request. Longer: 408. Default 60000. */
  readonly requestBodyMs: number;
  /** Between two parts of the body of a response, and for the client to take one. Longer: a reset. Default 300000. */
  readonly answerBodyMs: number;
  /**
   * From the whole head of a request to the end of its response, with every attempt. Longer: 504, or a reset if the
   * response has begun. Tunnels are exempt. Default `Infinity`.
   */
  readonly totalMs: number;
  /**
   * Connections of all clients together. Never more than half of the connections that the limit of open files leaves,
   * because each may need another one to an upstream. Near this limit, the connections that have been idle longest are closed.
   * Above it, new ones are closed at once. Default `Infinity`.
   */
  readonly connections: number;
  /**
   * Connections of clients from one address at a time, or from one IPv6 network of /64. More are closed at once. Default
   * 4096.
   */
  readonly connectionsPerAddress: number;
  /** Streams that a client may have open on one connection by HTTP/2. More are refused. Default 128. */
  readonly streams: number;
  /**
   * Streams of a connection that its client may break off within 30 seconds, by a reset or by an error. More: the
   * connection is closed. Default 1000.
   */
  readonly streamResets: number;
  /**
   * Frames without a part of a request (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, CONTINUATION, empty DATA) that a client may send on
   * a connection within 30 seconds, beyond eight for each request and each frame of a body. More: the connection is
   * closed. Default 1000.
   */
  readonly controlFrames: number;
  /**
   * Bytes that are held for all clients together: on their way to a slow client or upstream, or waiting for their turn.
   * Above it, connections are reset within a quarter of a second: first the largest holders of the address, or IPv6
   * network of /64, for which most is held. Copies for a mirror may hold a quarter of it besides. Default 268435456.
   */
  readonly heldBytes: number;
  /** Idle connections that are kept to one instance, which is one upstream. Default 2048. */
  readonly idlePerInstance: number;
  /**
   * How long an idle connection to an instance is kept, unless the instance says less. Default 4000: Node closes after
   * 5 s, and a request that meets the close on its way fails if it is not safe to send again.
   */
  readonly instanceIdleMs: number;
}

/** The limits that may differ from route to route. */
export type RouteLimits = Pick<
  Limits,
  'bodyBytes' | 'filterMs' | 'connectMs' | 'answerMs' | 'requestBodyMs' | 'answerBodyMs' | 'totalMs'
>;

/** The default of each limit. */
export const LIMITS: Limits = {
  headBytes: 16 * 1024,
  bodyBytes: Infinity,
  headMs: 15_000,
  idleMs: 75_000,
  filterMs: 30_000,
  connectMs: 5000,
  answerMs: 300_000,
  requestBodyMs: 60_000,
  answerBodyMs: 300_000,
  totalMs: Infinity,
  connections: Infinity,
  connectionsPerAddress: 4096,
  streams: 128,
  streamResets: 1000,
  controlFrames: 1000,
  heldBytes: 256 * 1024 * 1024,
  idlePerInstance: 2048,
  instanceIdleMs: 4000,
};
