import { schemeFacts } from '../wire/scheme.ts';
import type { Agenda } from './agenda.ts';
import { faults } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect } from './events.ts';
import type { Probed, ProbedBy } from './probe.ts';
import type { ProbeShare } from './probe-share.ts';
import { spread } from './probe-rules.ts';
import type { ProbeRules, Probing } from './probe-rules.ts';
import { RULES } from './rules.ts';

type ProbeKind = Exclude<ProbedBy, 'traffic'>;

/**
 * When an instance is probed, and how. A request costs the instance work, counts against its rate limit, and may take its
 * only thread, so requests are rare, and there is never more than one at an instance. In between a connection has to do.
 */
export class ProbeSchedule {
  readonly #probes: Probing;
  readonly #rules: ProbeRules;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #agenda: Agenda;
  readonly #share: ProbeShare;

  constructor(
    probes: Probing,
    rules: ProbeRules,
    share: ProbeShare,
    entries: ReadonlyMap<string, Entry>,
    agenda: Agenda,
  ) {
    this.#probes = probes;
    this.#rules = rules;
    this.#entries = entries;
    this.#agenda = agenda;
    this.#share = share;
  }

  /** Schedules the first probe of an instance that is new, or has restarted. */
  started(entry: Entry, now: number): void {
    if (this.#probes === 'always') this.at(entry, now + this.#interval(entry) * spread(entry.key));
  }

  /** Abandons the probe in progress, which asked for what the instance announced before, and schedules another. */
  restart(entry: Entry, now: number): void {
    if (entry.isProbing) this.at(entry, now);
    entry.isProbing = entry.isOverdue = false;
  }

  /** Schedules the next probe after one that has shown what there is to show, or after real traffic has. */
  next(entry: Entry, now: number): void {
    if (!isSure(entry)) this.at(entry, now < entry.pausedUntil ? this.#soon(entry, now) : now);
    else if (this.#probes === 'always') this.at(entry, this.#soon(entry, now));
  }

  /**
   * Schedules the next probe of an instance that is healthy again. Thousands are when a snapshot or another gateway knew them: they
   * are verified at once, and requested at other times from then on.
   */
  recovered(entry: Entry, now: number): void {
    const interval = this.#interval(entry);
    // The rest of the interval counts as waited for already.
    if (interval > this.#rules.requestIntervalMs)
      entry.requestedAt = now - interval * (2 - 2 * spread(entry.key));
    this.next(entry, now);
  }

  /** Schedules the next probe one interval later. */
  later(entry: Entry, now: number): void {
    this.at(entry, now + this.#interval(entry));
  }

  /** Another gateway has found that a probe of an instance failed: requests it, no more often than it may be anyway. */
  reported(entry: Entry, now: number): Effect[] {
    this.at(entry, Math.max(now, entry.requestedAt + this.#rules.requestIntervalMs));
    return this.due(entry, now);
  }

  /** Whether instances are so many that other gateways take longer than this one to find that a probe fails. */
  get isShared(): boolean {
    return this.#entries.size * RULES.msPerProbe > this.#rules.requestIntervalMs;
  }

  at(entry: Entry, at: number): void {
    if (this.#probes === 'never') return;
    entry.probeAt = at;
    this.#agenda.set(entry.key, 'probe', at);
  }

  /** The probe that is due for an instance, if any. */
  due(entry: Entry, now: number): Effect[] {
    if (entry.probeAt > now || entry.isProbing) return [];
    const by = this.#kind(entry, now);
    if (by === undefined) {
      this.next(entry, now);
      return [];
    }
    entry.isProbing = true;
    entry.probeAt = Infinity;
    if (by === 'probe') entry.requestedAt = now;
    return [{ type: 'probe', instance: entry, by }];
  }

  /** Notes that a probe has ended, or has timed out and goes on. Returns whether it ended too late. */
  ended(entry: Entry, { by, isPending = false }: Probed, now: number): boolean {
    if (by === 'traffic') return false;
    const isLate = entry.isOverdue && !isPending;
    entry.isOverdue = isPending;
    entry.isProbing = isPending;
    if (isLate) this.#pause(entry, now);
    else if (by === 'probe' && !isPending) entry.lateAnswers = 0;
    return isLate;
  }

  /**
   * It may have waited for a request of a client, so the next one may come at once. The second in a row shows that the health
   * check itself takes long, and perhaps the only thread: from then on it takes at most a tenth of the time.
   */
  #pause(entry: Entry, now: number): void {
    entry.lateAnswers++;
    if (entry.lateAnswers < 2) return;
    const pause = (now - entry.requestedAt) * RULES.pauseFactor;
    entry.pausedUntil = now + Math.min(pause, RULES.maxPauseMs);
  }

  /**
   * How an instance that is due is probed. No connection is made while it answers real traffic, and none without a handshake
   * to a server of TLS, which would log it.
   */
  #kind(entry: Entry, now: number): ProbeKind | undefined {
    if (now >= this.#nextRequestAt(entry)) return 'probe';
    const isServing = isSure(entry) && now - entry.servedAt < this.#interval(entry);
    return isServing || schemeFacts(entry.announcement).isSecure ? undefined : 'connect';
  }

  #soon(entry: Entry, now: number): number {
    return Math.min(now + this.#interval(entry), this.#nextRequestAt(entry));
  }

  /**
   * When a request may probe an instance. What a healthy one answers to others shows as much as its answer to the default
   * check does, so that is made less often meanwhile; it does not stand for a check that the instance announces.
   */
  #nextRequestAt(entry: Entry): number {
    const { requestedAt, servedAt, pausedUntil, announcement } = entry;
    if (!isSure(entry)) return pausedUntil;
    const interval = Math.max(this.#rules.requestIntervalMs, this.#interval(entry));
    const shownAt =
      announcement.health === undefined ? Math.max(requestedAt, servedAt) : requestedAt;
    const at = Math.min(shownAt + interval, requestedAt + RULES.maxPostponed * interval);
    return Math.max(at, pausedUntil);
  }

  #interval({ key }: Entry): number {
    const { size } = this.#entries;
    const ms = this.#share.isOwn(key)
      ? (size / this.#share.gateways) * RULES.msPerOwnProbe
      : size * RULES.msPerProbe;
    return Math.max(this.#rules.intervalMs, ms);
  }
}

/** Whether nothing speaks against an instance. */
function isSure(entry: Entry): boolean {
  return entry.status === 'healthy' && faults(entry) === 0 && !entry.isReported;
}
