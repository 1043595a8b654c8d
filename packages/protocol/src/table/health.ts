import type { Agenda } from './agenda.ts';
import type { Endpoints } from './endpoints.ts';
import { change } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect, Verdict } from './events.ts';
import type { Groups } from './groups.ts';
import type { Status } from './instance.ts';
import { DEFAULT_PROBE_RULES, spread } from './probe-rules.ts';
import type { ProbeRules, Probing } from './probe-rules.ts';
import { hasReasonToYield, hasRival, isSpokenFor } from './rivals.ts';
import { RULES } from './rules.ts';

export interface HealthOptions {
  /** Which instances are probed. With `never`, no `probe` effects are returned. */
  readonly probes: Probing;
  /** Default: {@link DEFAULT_PROBE_RULES}. */
  readonly probeRules?: Partial<ProbeRules> | undefined;
}

/**
 * An observer's own judgement of the instances in its table, by three kinds of evidence: presence, lease
 * and probes. Other observers may judge otherwise; a verdict is never published.
 */
export class Health {
  readonly #probes: Probing;
  readonly #rules: ProbeRules;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #groups: Groups;
  readonly #agenda: Agenda;
  readonly #endpoints: Endpoints;
  #linkIsUp = true;
  #linkLostAt = Infinity;
  /** Until then a failed probe may be the fault of this observer's own link. */
  #settledAt = -Infinity;
  /** Until then an owner that is gone may still be on its way back, as this observer was. */
  #returnedAt = -Infinity;

  /** @param entries the table's instances by key, which the table itself changes */
  constructor(
    { probes, probeRules }: HealthOptions,
    entries: ReadonlyMap<string, Entry>,
    groups: Groups,
    agenda: Agenda,
    endpoints: Endpoints,
  ) {
    this.#probes = probes;
    this.#rules = { ...DEFAULT_PROBE_RULES, ...probeRules };
    this.#entries = entries;
    this.#groups = groups;
    this.#agenda = agenda;
    this.#endpoints = endpoints;
  }

  /** An instance is new in the table, or has restarted. */
  started(entry: Entry, now: number): void {
    this.#probeRegularly(entry, now + this.#interval() * spread(entry.key));
  }

  /** An instance announces other fields: a probe in progress asked for the old ones and does not count. */
  updated(entry: Entry, now: number): void {
    if (entry.isProbing) this.#probeAt(entry, now);
    entry.isProbing = false;
  }

  /** An instance announces another address or port, where nothing that is known of the previous one counts. */
  moved(entry: Entry): void {
    entry.failures = entry.successes = 0;
    entry.refusedAt = -Infinity;
    entry.isConfirmed = false;
    entry.hasClaimed = true;
    // Only its owner brings back a run whose owner is gone.
    if (isSpokenFor(entry)) entry.hasEnded = false;
  }

  /**
   * Its owner announced the version that the table holds: the instance runs.
   * @param isPresent whether that came by its presence channel
   */
  confirmed(entry: Entry, isPresent: boolean, now: number): Effect[] {
    this.#renewLease(entry, now);
    if (isPresent) entry.isPresent = entry.wasPresent = true;
    // A message of a run that left its presence channel may be late. If it runs, it joins the channel again.
    const isLate = !isSpokenFor(entry) && !entry.isPresent && isInPresenceMode(entry);
    const others = isLate ? [] : this.#claimed(entry, now);
    if (entry.hasEnded) return [];
    // That it runs does not mean that it can be reached from here: one that was down has to pass a probe,
    // unless there are none.
    const isProven =
      this.#probes === 'never' || (entry.status === 'suspect' && entry.failures === 0);
    const effects = isProven ? this.#setStatus(entry, 'healthy', 'its owner renewed it', now) : [];
    if (entry.status === 'down') this.#probeAt(entry, now);
    return [...effects, ...others];
  }

  /** An owner speaks for its endpoint: instances there that have given reason to be thought gone have ended. */
  #claimed(entry: Entry, now: number): Effect[] {
    const isClaim = !entry.isConfirmed || hasReasonToYield(entry, now) || entry.hasEnded;
    if (isClaim && entry.isConfirmed) entry.hasClaimed = true;
    entry.isConfirmed = true;
    entry.hasEnded = false;
    entry.goneAt = Infinity;
    entry.refusedAt = -Infinity;
    return this.#endpoints.others(entry).flatMap((other) => {
      const yields = isClaim && !other.isPresent && this.#wasRefused(other, now);
      if (!yields && !this.#isOvertaken(other, now)) return [];
      return this.#end(other, now);
    });
  }

  /** Another observer reported an instance that was unknown here, or elsewhere. Without probes the report has to do. */
  relayed(entry: Entry, now: number): Effect[] {
    entry.hasClaimed = false;
    this.#renewLease(entry, now);
    if (this.#isOvertaken(entry, now)) return this.#end(entry, now);
    if (this.#probes === 'never') return [];
    return this.#suspect(entry, 'only another observer has reported it', now);
  }

  /** The transport has lost an instance. */
  lost(entry: Entry, why: string, now: number): Effect[] {
    entry.isPresent = false;
    if (isSpokenFor(entry)) entry.goneAt = now;
    if (this.#wasRefused(entry, now)) entry.hasEnded = true;
    if (this.#isOvertaken(entry, now)) return this.#end(entry, now);
    if (entry.status !== 'healthy') return [];
    const effects = this.#suspect(entry, why, now);
    const { prefix } = entry.announcement;
    const instances = this.#groups.of(prefix).lose(entry, now);
    if (instances !== undefined) effects.push({ type: 'mass-suspicion', prefix, instances });
    return effects;
  }

  /** A probe, or a request, has ended. */
  probed(entry: Entry, verdict: Verdict, now: number): Effect[] {
    entry.isProbing = false;
    if (verdict === 'ok') return this.#succeeded(entry, now);
    entry.failures++;
    entry.successes = 0;
    this.#probeAt(entry, now + (entry.status === 'down' ? this.#interval() : RULES.reprobeMs));
    if (verdict === 'refused') {
      entry.refusedAt = now;
      if (!isSpokenFor(entry)) entry.hasEnded = true;
    }
    if (verdict === 'refused')
      return this.#setStatus(entry, 'down', 'its port refuses connections', now);
    // While this observer's own link is bad, a timeout says nothing about the instance.
    const { settledAt } = this.#groups.of(entry.announcement.prefix);
    if (!this.#linkIsUp || now < Math.max(this.#settledAt, settledAt)) return [];
    if (entry.failures < this.#rules.failureThreshold) return [];
    const why = entry.failures === 1 ? 'a probe failed' : `${entry.failures} probes failed`;
    return this.#setStatus(entry, 'down', why, now);
  }

  /** This observer's own connection to the channel was made or lost. */
  link(isUp: boolean, now: number): Effect[] {
    if (this.#linkIsUp === isUp) return [];
    this.#linkIsUp = isUp;
    this.#settledAt = now + RULES.settleMs;
    if (isUp && this.#linkLostAt !== Infinity) this.#returnedAt = now + RULES.returnMs;
    const effects: Effect[] = [];
    // Other observers have forgotten the exits of that time, so they cannot report that one of ours has left.
    const wasAwayLong = isUp && now - this.#linkLostAt >= RULES.tombstoneMs;
    if (!isUp) this.#linkLostAt = now;
    for (const entry of this.#entries.values()) {
      // Renewals could not reach this observer.
      if (isUp) this.#renewLease(entry, now);
      // Its time may have passed while the observer was disconnected.
      if (isUp && entry.status === 'suspect') this.#agenda.add(now + RULES.suspectMs, entry.key);
      if (wasAwayLong && entry.status === 'healthy') {
        const why = 'this observer was disconnected for ten minutes';
        effects.push(...this.#suspect(entry, why, now));
      }
    }
    return effects;
  }

  /** Something may be due for an instance: the end of its lease, a probe, or the end of its time as suspect. */
  due(entry: Entry, now: number): Effect[] {
    const effects: Effect[] = [];
    if (entry.leaseEndsAt <= now && this.#linkIsUp) {
      entry.leaseEndsAt = Infinity;
      effects.push(...this.lost(entry, 'its lease has lapsed', now));
    }
    if (entry.probeAt <= now && !entry.isProbing) {
      entry.isProbing = true;
      entry.probeAt = Infinity;
      effects.push({ type: 'probe', instance: entry });
    }
    const isOver = this.#probes === 'never' && now - entry.doubtedAt >= RULES.suspectMs;
    if (isOver && entry.status === 'suspect' && this.#linkIsUp)
      effects.push(...this.#setStatus(entry, 'down', 'its owner has not announced it since', now));
    return effects;
  }

  /** Whether an instance has been down so long that the table forgets it. */
  isForgotten({ status, doubtedAt }: Entry, now: number): boolean {
    return status === 'down' && now - doubtedAt >= RULES.forgetAfterMs;
  }

  #succeeded(entry: Entry, now: number): Effect[] {
    entry.failures = 0;
    const next = now + this.#interval();
    if (this.#isOvertaken(entry, now)) {
      this.#probeAt(entry, next);
      return this.#end(entry, now);
    }
    if (entry.status === 'down' && ++entry.successes < this.#rules.successThreshold) {
      this.#probeAt(entry, next);
      return [];
    }
    entry.successes = 0;
    this.#probeRegularly(entry, next);
    return this.#setStatus(entry, 'healthy', 'a probe succeeded', now);
  }

  /**
   * Whether a probe that succeeds proves nothing for an instance: another process answers. While the link is
   * down, and shortly after, owners cannot be heard, so only an instance whose endpoint another has taken is.
   */
  #isOvertaken(entry: Entry, now: number): boolean {
    const isRivalled = hasRival(entry, this.#endpoints.others(entry));
    const hearsOwners = this.#linkIsUp && now >= this.#returnedAt;
    if (entry.hasEnded) return hearsOwners || isRivalled;
    return isRivalled && (hearsOwners || !entry.isConfirmed);
  }

  /** Whether its port refused a connection shortly before, or while this observer could not hear owners. */
  #wasRefused({ refusedAt }: Entry, now: number): boolean {
    const since = now < this.#returnedAt ? Math.min(this.#linkLostAt, now) : now;
    return refusedAt >= since - RULES.refusedMs;
  }

  #end(entry: Entry, now: number): Effect[] {
    entry.hasEnded = true;
    return this.#setStatus(entry, 'down', 'another process has its address and port', now);
  }

  #suspect(entry: Entry, why: string, now: number): Effect[] {
    const effects = this.#setStatus(entry, 'suspect', why, now);
    this.#agenda.add(now + RULES.suspectMs, entry.key);
    this.#probeAt(entry, now);
    return effects;
  }

  #setStatus(entry: Entry, status: Status, why: string, now: number): Effect[] {
    if (entry.status === status) return [];
    const was = entry.status;
    this.#groups.of(entry.announcement.prefix).change(entry, () => (entry.status = status));
    if (was === 'healthy') entry.doubtedAt = now;
    if (status === 'down') this.#agenda.add(now + RULES.forgetAfterMs, entry.key);
    const type = status === 'healthy' ? 'recovered' : status === 'down' ? 'down' : 'suspected';
    return [change(type, entry, why)];
  }

  #renewLease(entry: Entry, now: number): void {
    const { ttl } = entry.announcement;
    entry.leaseEndsAt = ttl === undefined ? Infinity : now + ttl * 1000;
    this.#agenda.add(entry.leaseEndsAt, entry.key);
  }

  #interval(): number {
    return Math.max(this.#rules.intervalMs, this.#entries.size * RULES.msPerProbe);
  }

  /** Schedules the next probe of a healthy instance, if those are probed. */
  #probeRegularly(entry: Entry, at: number): void {
    if (this.#probes === 'always') this.#probeAt(entry, at);
  }

  #probeAt(entry: Entry, at: number): void {
    if (this.#probes === 'never') return;
    entry.probeAt = at;
    this.#agenda.add(at, entry.key);
  }
}

/** Whether the owner of an instance has been in a presence channel, and announces no lease instead. */
function isInPresenceMode({ announcement, wasPresent }: Entry): boolean {
  return wasPresent && announcement.ttl === undefined;
}
