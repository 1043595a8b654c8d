/** What a peer may take of time and memory. Times in milliseconds, kept to within a quarter of a second. */
export interface Limits {
  /** Bytes of a head, and of trailers. Default 16 KiB. */
  readonly headBytes: number;
  /** Bytes of a request's body. Default: no limit, since bodies pass through. */
  readonly bodyBytes: number;
  /** For a request's head to become whole, from its first byte. Default 15 s. */
  readonly headMs: number;
  /** For the next request to begin on a connection, or the first. Default 75 s. */
  readonly idleMs: number;
  /** For a connection to an instance. Default 5 s. */
  readonly connectMs: number;
  /** For all filters of a request together, if they take their time. Default 30 s. */
  readonly filterMs: number;
  /** For an instance to begin its answer once it has the request. Default 5 minutes. */
  readonly answerMs: number;
  /** Between two pieces of a request's body. Default 60 s. */
  readonly requestBodyMs: number;
  /** Between two pieces of an answer's body, taken by the client. Default 5 minutes. */
  readonly answerBodyMs: number;
  /**
   * For a request from its whole head to the end of its answer, however often it was tried. A tunnel takes what it
   * takes. Default: no limit.
   */
  readonly totalMs: number;
  /** Connections of clients from one address at a time. Default 4096. */
  readonly connectionsPerAddress: number;
  /** Connections kept to one instance while nothing is asked. Default 256. */
  readonly idlePerInstance: number;
  /**
   * For such a connection, unless the instance says less. Default 4 s: Node closes after 5, and a request
   * that meets the close on the way fails if it may not be repeated.
   */
  readonly instanceIdleMs: number;
}

/** Those that may differ from route to route. */
export type RouteLimits = Pick<
  Limits,
  'bodyBytes' | 'filterMs' | 'connectMs' | 'answerMs' | 'requestBodyMs' | 'answerBodyMs' | 'totalMs'
>;

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
  connectionsPerAddress: 4096,
  idlePerInstance: 256,
  instanceIdleMs: 4000,
};
