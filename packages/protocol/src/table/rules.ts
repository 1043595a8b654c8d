/** The times of the protocol, in milliseconds. docs/reference/protocol.md says why each is what it is. */
export const RULES = {
  /** More instances than an interval of {@link PROBES} / probeShare are probed less often, so that a gateway sends 500 probes a second at most. */
  probeShare: 2,
  /** Until the next probe of one that is doubted. */
  probeAgain: 100,
  /** How long an exit is remembered, so that what was said before it cannot bring the instance back. */
  tombstone: 600_000,
  /** How long an instance may be down before it is forgotten. */
  downToForgotten: 600_000,
  /** Without probes: how long a doubted instance is kept. */
  doubt: 10_000,
  /** After our own link came back: how long a failure may still be ours. */
  settle: 2000,
  /** More than this share of a service lost within massWindow, and at least massLeast of it: it is us. */
  massShare: 0.3,
  massLeast: 3,
  massWindow: 10_000,
  /** Between two roll calls of a gateway: 288 a day, each with its answers. */
  askEvery: 300_000,
  /** Between two looks at which presence channels there are. */
  enumerateEvery: 30_000,
  /** Until an owner that is behind is told again; doubles from the former to the latter. */
  correctEvery: 1000,
  correctMost: 60_000,
} as const;
