/** Requests that one gateway has sent to one instance. */
export interface TrafficView {
  /** Since the gateway began to count. */
  readonly requests: number;
  /** Those that failed: no whole answer came, or it was 502, 503 or 504. */
  readonly errors: number;
  /** One window after another of the last minutes, the latest last. */
  readonly history: readonly TrafficWindow[];
}

interface TrafficWindow {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly seconds: number;
  readonly requests: number;
  readonly errors: number;
  /** Milliseconds to the head of the answer; nothing if none came. */
  readonly p50?: number;
  readonly p99?: number;
}

/** The traffic to the instance with this key; nothing if there was none. */
export type FindTraffic = (key: string) => TrafficView | undefined;
