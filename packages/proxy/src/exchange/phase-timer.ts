import type { Clock } from '../clock.ts';
import type { RouteLimits } from '../limits.ts';
import { deadlineExceeded, requestTimedOut } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { ClientRequest } from './client-request.ts';
import { totalMsOf } from './grpc-call.ts';
import { LIMIT_OF } from './phases.ts';
import type { Phase } from './phases.ts';

/** The time that an exchange has: for its phase, and for all phases together. */
export class PhaseTimer {
  /** By the clock, when the time for this phase is over. */
  deadline: number = Infinity;
  limits: RouteLimits;
  readonly #clock: Clock;
  /** How long all phases together may take. */
  #totalMs = Infinity;
  #latest = Infinity;
  /** The same by the route alone, without the deadline of the client. */
  #routeLatest = Infinity;

  constructor(limits: RouteLimits, clock: Clock) {
    this.limits = limits;
    this.#clock = clock;
  }

  /** Begins the time for all phases. */
  begin(request: ClientRequest, limits: RouteLimits): void {
    this.limits = limits;
    this.#totalMs = totalMsOf(request, limits.totalMs);
    this.#latest = this.#clock.after(this.#totalMs);
    this.#routeLatest = this.#clock.after(limits.totalMs);
  }

  /** How long filters may take, within the time that the route allows for all. */
  get maxFilterMs(): number {
    return Math.min(this.limits.filterMs, this.limits.totalMs);
  }

  /** What to answer when the time for all phases is over: whose limit that was. */
  get problem(): Problem {
    return this.#totalMs < this.limits.totalMs
      ? deadlineExceeded(this.#totalMs)
      : requestTimedOut(this.#totalMs);
  }

  /** Gives the phase its time, from now on. */
  restart(phase: Phase): void {
    const limit = LIMIT_OF[phase];
    this.deadline =
      limit === undefined
        ? Infinity
        : Math.min(this.#clock.after(this.limits[limit]), this.#latest);
  }

  /** Returns whether the time for the phase is over: true once. */
  isOver(now: number): boolean {
    if (now < this.deadline) return false;
    this.deadline = Infinity;
    return true;
  }

  /** Whether the time for all phases is over. */
  isTotalOver(now: number): boolean {
    return now >= this.#latest;
  }

  /** Whether the time that the route allows is over. A client's own deadline shows nothing of the upstream. */
  isRouteOver(now: number): boolean {
    return now >= this.#routeLatest;
  }
}
