import type { Agenda } from './agenda.ts';
import type { Endpoints } from './endpoints.ts';
import { change } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect, Probed, ProbedBy, Verdict } from './events.ts';
import type { Groups } from './groups.ts';
import type { Status } from './instance.ts';
import { DEFAULT_PROBE_RULES, describeAttempt, spread } from './probe-rules.ts';
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
      this.#probes === 'never' || (entry.status === 'suspect' && faults(entry) === 0);
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

  /** Another observer reported an instance that was unknown here. Without probes the report has to do. */
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
  probed(entry: Entry, probed: Probed, now: number): Effect[] {
    const { verdict, by } = probed;
    // The clock of another process may be ahead.
    const at = Math.min(probed.at ?? now, now);
    if (by !== 'traffic') entry.isProbing = false;
    if (verdict === 'ok') {
      if (this.#isOvertaken(entry, now)) {
        entry.failures = 0;
        this.#probeAt(entry, now + this.#interval());
        return this.#end(entry, now);
      }
      if (probed.at !== undefined) return this.#served(entry, at, now);
      return by === 'connect' ? this.#accepted(entry, now) : this.#succeeded(entry, now);
    }
    // A request that it answered since then shows that it was only busy.
    const since = by === 'traffic' ? now - this.#rules.requestIntervalMs : entry.probedAt;
    const isBusy = mayBeBusy(entry, verdict) || verdict === 'unreachable';
    const isWorking = isBusy && entry.servedAt > since;
    if (verdict === 'unknown' || isWorking) {
      this.#probeAt(entry, now + (isWorking ? RULES.reprobeMs : this.#interval()));
      return [];
    }
    if (mayBeBusy(entry, verdict)) entry.timeouts++;
    else entry.failures++;
    entry.successes = 0;
    if (verdict === 'refused') {
      entry.refusedAt = now;
      if (!isSpokenFor(entry)) entry.hasEnded = true;
    }
    const effects = this.#judge(entry, probed, now);
    // A busy instance is not made busier.
    const isJudged = entry.status !== 'healthy' && faults(entry) >= this.#rules.failureThreshold;
    const isOut = entry.status === 'down' || isJudged;
    this.#probeAt(entry, now + (isOut ? this.#interval() : RULES.reprobeMs));
    return effects;
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
      const by = this.#nextProbe(entry, now);
      if (by === undefined) this.#probeRegularly(entry, this.#nextProbeAt(entry, now));
      else effects.push(this.#probe(entry, by, now));
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
    entry.timeouts = 0;
    if (entry.status === 'down' && ++entry.successes < this.#rules.successThreshold) {
      this.#probeAt(entry, now + this.#interval());
      return [];
    }
    entry.successes = 0;
    this.#probeRegularly(entry, this.#nextProbeAt(entry, now));
    return this.#setStatus(entry, 'healthy', 'a probe succeeded', now);
  }

  /** Its port accepts connections, which shows nothing more. */
  #accepted(entry: Entry, now: number): Effect[] {
    if (isSure(entry)) this.#probeRegularly(entry, this.#nextProbeAt(entry, now));
    else this.#probeAt(entry, now);
    return [];
  }

  /** It answered real traffic: it is not hanging. Whether its health check succeeds is for probes to show. */
  #served(entry: Entry, at: number, now: number): Effect[] {
    entry.servedAt = Math.max(entry.servedAt, at);
    entry.timeouts = 0;
    // An answer that was on its way when the instance died proves nothing.
    const isProven = entry.status === 'suspect' && entry.failures === 0 && at > entry.doubtedAt;
    if (!isProven) return [];
    this.#probeRegularly(entry, this.#nextProbeAt(entry, now));
    return this.#setStatus(entry, 'healthy', 'it answered a request', now);
  }

  /** A probe of an instance has failed, and perhaps not for the first time. */
  #judge(entry: Entry, { verdict, attempt }: Probed, now: number): Effect[] {
    if (verdict === 'refused')
      return this.#setStatus(entry, 'down', 'its port refuses connections', now);
    // While this observer's own link is bad, a timeout says nothing about the instance.
    const { settledAt } = this.#groups.of(entry.announcement.prefix);
    if (!this.#linkIsUp || now < Math.max(this.#settledAt, settledAt)) return [];
    const count = faults(entry);
    if (count < this.#rules.failureThreshold) return [];
    const cause = attempt === undefined ? '' : `: ${describeAttempt(attempt)}`;
    const why = count === 1 ? `a probe failed${cause}` : `${count} probes failed${cause}`;
    // What times out may be busy: sending there beats a certain failure if there is nothing else.
    const isLong = entry.status === 'suspect' && now - entry.doubtedAt >= RULES.forgetAfterMs;
    const isBusy = mayBeBusy(entry, verdict) && entry.status !== 'down' && !isLong;
    return this.#setStatus(entry, isBusy ? 'suspect' : 'down', why, now);
  }

  /**
   * How an instance that is due is probed: a request costs it work, and counts against its rate limit, so
   * in between a connection has to do, and none at all while it answers real traffic. A server of TLS would log each
   * connection without a handshake.
   */
  #nextProbe(entry: Entry, now: number): Exclude<ProbedBy, 'traffic'> | undefined {
    if (!isSure(entry) || now >= this.#nextRequestAt(entry)) return 'probe';
    const isServing = now - entry.servedAt < this.#interval();
    return isServing || entry.announcement.scheme === 'https' ? undefined : 'connect';
  }

  #probe(entry: Entry, by: Exclude<ProbedBy, 'traffic'>, now: number): Effect {
    entry.isProbing = true;
    entry.probeAt = Infinity;
    entry.probedAt = now;
    if (by === 'probe') entry.requestedAt = now;
    return { type: 'probe', instance: entry, by };
  }

  #nextProbeAt(entry: Entry, now: number): number {
    return Math.min(now + this.#interval(), this.#nextRequestAt(entry));
  }

  /**
   * When a request is to probe a healthy instance. What it answers to others shows as much as its answer to the default
   * check does, so that is made less often meanwhile; it does not stand for a check that the instance announces.
   */
  #nextRequestAt({ requestedAt, servedAt, announcement }: Entry): number {
    const interval = Math.max(this.#rules.requestIntervalMs, this.#interval());
    const shownAt =
      announcement.health === undefined ? Math.max(requestedAt, servedAt) : requestedAt;
    return Math.min(shownAt + interval, requestedAt + RULES.maxPostponed * interval);
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

/** How many probes in a row did not succeed. */
function faults({ failures, timeouts }: Entry): number {
  return failures + timeouts;
}

/**
 * Whether a busy instance would end a probe so: it accepts connections and answers none in time, and once
 * its queue is full, it accepts no more. One that accepts none from the start is gone.
 */
function mayBeBusy({ timeouts }: Entry, verdict: Verdict): boolean {
  return verdict === 'timeout' || (verdict === 'unreachable' && timeouts > 0);
}

/** Whether nothing speaks against an instance. */
function isSure(entry: Entry): boolean {
  return entry.status === 'healthy' && faults(entry) === 0;
}

/** Whether the owner of an instance has been in a presence channel, and announces no lease instead. */
function isInPresenceMode({ announcement, wasPresent }: Entry): boolean {
  return wasPresent && announcement.ttl === undefined;
}
