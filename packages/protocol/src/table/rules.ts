import type { Status } from './instance.ts';

/** The times and thresholds of the protocol. docs/reference/protocol.md gives the reason for each. */
export const RULES = {
  /**
   * With many instances, the milliseconds that each adds to the interval between two probes of one instance: a gateway sends
   * at most 2000 probes a second to the instances of its share, and 500 to the others.
   */
  msPerOwnProbe: 0.5,
  msPerProbe: 2,
  /** How often a gateway reports an instance to the others, at most. */
  findingEveryMs: 60_000,
  /** Between two reports of a gateway. */
  reportEveryMs: 250,
  /** While an instance answers real traffic, how many intervals may pass between two requests that probe it. */
  maxPostponed: 5,
  /** After a probe has failed, until the next one. */
  reprobeMs: 100,
  /** How long the answer to a request that probes an instance is waited for, however often it has timed out. */
  patienceMs: 60_000,
  /** How many times as long as a late answer took no further request is sent, and at most how long. */
  pauseFactor: 9,
  maxPauseMs: 60_000,
  /** How long an exit is remembered, so that an older announcement cannot bring the instance back. */
  tombstoneMs: 600_000,
  /** How long an instance is down before it is forgotten. */
  forgetAfterMs: 600_000,
  /** Without probes, how long an instance is suspect before it is down. */
  suspectMs: 10_000,
  /** After the observer's own link is back, how long a failed probe may still be the link's fault. */
  settleMs: 2000,
  /** For how long a refused connection counts against an instance whose owner is lost or whose endpoint another claims. */
  refusedMs: 30_000,
  /** After the observer's own link is back, how long owners may take to come back too. */
  returnMs: 10_000,
  /**
   * If more than this share of a prefix, and at least `minMassLosses` instances, are lost within
   * `massWindowMs`, the observer suspects its own link.
   */
  massShare: 0.3,
  minMassLosses: 3,
  massWindowMs: 10_000,
  /** Between two roll calls of a gateway: 288 a day, each with its answers. */
  rollCallEveryMs: 300_000,
  /**
   * Between two answers to roll calls, at least: with many instances, the milliseconds that each adds, so that an
   * observer publishes at most 500 statements a second.
   */
  answerEveryMs: 250,
  msPerStatement: 2,
  /** Between two listings of the presence channels. */
  listEveryMs: 30_000,
  /** Until an owner that runs with an outdated incarnation is corrected again; doubles up to `maxCorrectMs`. */
  correctMs: 1000,
  maxCorrectMs: 60_000,
} as const;

/** How long an instance has a status before the table looks again. */
export const STATUS_MS: Readonly<Record<Status, number>> = {
  healthy: Infinity,
  suspect: RULES.suspectMs,
  down: RULES.forgetAfterMs,
};
