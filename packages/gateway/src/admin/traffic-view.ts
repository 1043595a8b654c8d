/** Requests that one gateway has sent to one instance. */
export interface TrafficView {
  /** All requests since the gateway started. */
  readonly requests: number;
  /** Failed requests: the response was incomplete, or its status was 502, 503 or 504. */
  readonly errors: number;
  /** Windows of the last minutes in order of time. */
  readonly history: readonly TrafficWindow[];
}

interface TrafficWindow {
  /** The start of the window, in milliseconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  /** Milliseconds to the head of the response; absent without responses. */
  readonly p50?: number;
  readonly p99?: number;
}

/** Returns the traffic of the instance with this key; undefined if there was none. */
export type FindTraffic = (key: string) => TrafficView | undefined;
