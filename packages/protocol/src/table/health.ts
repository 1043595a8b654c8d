import type { Agenda } from './agenda.ts';
import type { Endpoints } from './endpoints.ts';
import { change, faults, forgetEndpoint } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect } from './events.ts';
import type { Groups } from './groups.ts';
import type { Status } from './instance.ts';
import { OwnLink } from './own-link.ts';
import { whyFailed } from './probe.ts';
import type { Probed, Verdict } from './probe.ts';
import { DEFAULT_PROBE_RULES } from './probe-rules.ts';
import type { ProbeRules, Probing } from './probe-rules.ts';
import { ProbeSchedule } from './probe-schedule.ts';
import { ProbeShare } from './probe-share.ts';
import { hasReasonToYield, isOvertaken, isSpokenFor } from './rivals.ts';
import { RULES, STATUS_MS } from './rules.ts';
import { isGoneEverywhere, isGoneUnseen, isGoneWithout, sighted } from './sightings.ts';

export interface HealthOptions {
  /** Which instances are probed. With `never`, no `probe` effects are returned. */
  readonly probes: Probing;
  /** Default: {@link DEFAULT_PROBE_RULES}. */
  readonly probeRules?: Partial<ProbeRules> | undefined;
  /** Which instances other gateways probe more often. Default: none. */
  readonly share?: ProbeShare | undefined;
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
  readonly #link = new OwnLink();
  readonly #schedule: ProbeSchedule;

  /** @param entries the table's instances by key, which the table itself changes */
  constructor(
    { probes, probeRules, share = new ProbeShare() }: HealthOptions,
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
    this.#schedule = new ProbeSchedule(probes, this.#rules, share, entries, agenda);
  }

  /** Whether this observer is connected to a broker. */
  get isConnected(): boolean {
    return this.#link.brokers.size > 0;
  }

  /** An instance is new in the table, or has restarted. */
  started(entry: Entry, now: number): void {
    this.#schedule.started(entry, now);
  }

  /** An instance announces other fields. */
  updated(entry: Entry, now: number): void {
    this.#schedule.restart(entry, now);
  }

  /** An instance announces another address or port, where nothing that is known of the previous one counts. */
  moved(entry: Entry): void {
    forgetEndpoint(entry);
    // Only its owner brings back a run whose owner is gone.
    if (isSpokenFor(entry)) entry.hasEnded = false;
  }

  /**
   * Its owner announced the version that the table holds: the instance runs.
   * @param isPresent whether that came by its presence channel
   */
  confirmed(entry: Entry, isPresent: boolean, now: number): Effect[] {
    this.#renewLease(entry, now);
    if (isPresent) entry.isPresent = true;
    // In presence mode, a message of a run that is not in its presence channel is late: if it runs, it joins first.
    const isLate = !isSpokenFor(entry) && !entry.isPresent && entry.announcement.ttl === undefined;
    const isFirst = !entry.isConfirmed;
    entry.isConfirmed = true;
    const others = isLate ? [] : this.#claimed(entry, isFirst, now);
    if (entry.hasEnded) return [];
    // That it runs does not mean that it can be reached from here: one that was down has to pass a probe,
    // unless there are none.
    const isProven =
      this.#probes === 'never' || (entry.status === 'suspect' && faults(entry) === 0);
    const effects = isProven ? this.#setStatus(entry, 'healthy', 'its owner renewed it', now) : [];
    if (entry.status === 'down') this.#schedule.at(entry, now);
    return [...effects, ...others];
  }

  /** An owner speaks for its endpoint: instances there that have given reason to be thought gone have ended. */
  #claimed(entry: Entry, isFirst: boolean, now: number): Effect[] {
    const isClaim = isFirst || hasReasonToYield(entry, now) || entry.hasEnded;
    if (isClaim && !isFirst) entry.hasClaimed = true;
    entry.hasEnded = false;
    entry.goneAt = Infinity;
    entry.refusedAt = -Infinity;
    return this.#endpoints.others(entry).flatMap((other) => {
      const yields = isClaim && !other.isPresent && this.#link.isRecent(other.refusedAt, now);
      if (!yields && !this.#isOvertaken(other, now)) return [];
      return this.#end(other, now);
    });
  }

  /** Another observer reported an instance that was unknown here, or elsewhere. Without probes the report has to do. */
  relayed(entry: Entry, isRestored: boolean, now: number): Effect[] {
    entry.hasClaimed = false;
    entry.isRestored = isRestored;
    this.#renewLease(entry, now);
    if (this.#isOvertaken(entry, now)) return this.#end(entry, now);
    if (this.#probes === 'never') return [];
    return this.#suspect(entry, 'only another observer has reported it', now);
  }

  /**
   * A broker reports whether an instance is in its presence channel. Returns whether it is gone: as long as one broker shows
   * it, or has yet to say, it is not.
   */
  sighted(entry: Entry, broker: number, isThere: boolean): boolean {
    sighted(entry, broker, isThere);
    return isGoneEverywhere(entry, this.#link.brokers);
  }

  /** The connection to a broker is lost. Returns whether an instance is gone by what the others have reported. */
  isGoneWithout(entry: Entry, broker: number): boolean {
    return isGoneWithout(entry, broker, this.#link.brokers) && isSpokenFor(entry);
  }

  /** A broker refuses to show the presence channel of an instance. Returns whether it is gone by what the others have reported. */
  isGoneUnseen(entry: Entry, broker: number): boolean {
    return isGoneUnseen(entry, broker, this.#link.brokers) && isSpokenFor(entry);
  }

  /** The transport has lost an instance. */
  lost(entry: Entry, why: string, now: number): Effect[] {
    entry.isPresent = false;
    if (isSpokenFor(entry)) entry.goneAt = now;
    if (this.#link.isRecent(entry.refusedAt, now)) entry.hasEnded = true;
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
    const isLate = this.#schedule.ended(entry, probed, now);
    if (probed.verdict === 'ok' || probed.verdict === 'refused') entry.isUnidentified = false;
    if (probed.verdict !== 'ok') return this.#failed(entry, probed, now);
    if (this.#isOvertaken(entry, now)) {
      entry.failures = 0;
      this.#schedule.later(entry, now);
      return this.#end(entry, now);
    }
    // The clock of another process may be ahead.
    if (probed.at !== undefined) return this.#served(entry, Math.min(probed.at, now), now);
    // A check that is announced has to succeed in time. Without one, any answer shows life.
    const showsNothing = isLate && entry.announcement.health !== undefined;
    if (probed.by !== 'connect' && !showsNothing) return this.#succeeded(entry, now);
    this.#schedule.next(entry, now);
    return [];
  }

  /**
   * Another gateway reports that a probe of an instance failed. Every program that can publish can say so: it is reason to probe
   * the instance now, and counts once a probe of this observer has failed as well.
   */
  reported(key: string, now: number): Effect[] {
    const entry = this.#entries.get(key);
    if (this.#probes !== 'always' || entry?.status !== 'healthy' || entry.isReported) return [];
    entry.isReported = true;
    return entry.isProbing ? [] : this.#schedule.reported(entry, now);
  }

  /** This observer's own connection to a broker was made or lost. */
  link(broker: number, isConnected: boolean, now: number): Effect[] {
    if (!this.#link.changed(broker, isConnected, now)) return [];
    const { isUp } = this.#link;
    const effects: Effect[] = [];
    // Other observers have forgotten the exits of that time, so they cannot report that one of ours has left.
    const wasAwayLong = isUp && this.#link.wasAwayLong(now);
    for (const entry of this.#entries.values()) {
      // Renewals could not reach this observer.
      if (isUp) this.#renewLease(entry, now);
      // Its time may have passed while the observer was disconnected.
      if (isUp && entry.status === 'suspect')
        this.#agenda.set(entry.key, 'status', now + STATUS_MS.suspect);
      if (wasAwayLong && entry.status === 'healthy' && entry.configuredAs === undefined) {
        const why = 'this observer was disconnected for ten minutes';
        effects.push(...this.#suspect(entry, why, now));
      }
    }
    return effects;
  }

  /** Something may be due for an instance: the end of its lease, a probe, or the end of its time as suspect. */
  due(entry: Entry, now: number): Effect[] {
    const effects: Effect[] = [];
    if (entry.leaseEndsAt <= now && this.#link.isUp) {
      entry.leaseEndsAt = Infinity;
      effects.push(...this.lost(entry, 'its lease has lapsed', now));
    }
    effects.push(...this.#schedule.due(entry, now));
    const isOver = this.#probes === 'never' && now - entry.doubtedAt >= RULES.suspectMs;
    if (isOver && entry.status === 'suspect' && this.#link.isUp)
      effects.push(...this.#setStatus(entry, 'down', 'its owner has not announced it since', now));
    return effects;
  }

  /** Whether an instance has been down so long that the table forgets it. */
  isForgotten({ status, doubtedAt, configuredAs }: Entry, now: number): boolean {
    return (
      configuredAs === undefined && status === 'down' && now - doubtedAt >= RULES.forgetAfterMs
    );
  }

  #succeeded(entry: Entry, now: number): Effect[] {
    entry.failures = 0;
    entry.timeouts = 0;
    entry.isReported = false;
    if (entry.status === 'down' && ++entry.successes < this.#rules.successThreshold) {
      this.#schedule.later(entry, now);
      return [];
    }
    entry.successes = 0;
    return this.#recovered(entry, 'a probe succeeded', now);
  }

  /** It answered real traffic: it is not hanging. Whether its health check succeeds is for probes to show. */
  #served(entry: Entry, at: number, now: number): Effect[] {
    entry.servedAt = Math.max(entry.servedAt, at);
    entry.timeouts = 0;
    entry.isReported = false;
    // An answer that was on its way when the instance died proves nothing.
    const isProven = entry.status === 'suspect' && entry.failures === 0 && at > entry.doubtedAt;
    return isProven ? this.#recovered(entry, 'it answered a request', now) : [];
  }

  #recovered(entry: Entry, why: string, now: number): Effect[] {
    const effects = this.#setStatus(entry, 'healthy', why, now);
    if (effects.length > 0) this.#schedule.recovered(entry, now);
    else this.#schedule.next(entry, now);
    return effects;
  }

  /** A probe or a request has failed, or a probe has taken too long once more. */
  #failed(entry: Entry, probed: Probed, now: number): Effect[] {
    const { verdict } = probed;
    if (verdict === 'unknown') {
      this.#schedule.later(entry, now);
      return [];
    }
    const isSlow = mayBeBusy(entry, verdict) || verdict === 'unreachable';
    if (isSlow && now - entry.servedAt < this.#rules.timeoutMs) {
      this.#schedule.at(entry, now + RULES.reprobeMs);
      return [];
    }
    if (mayBeBusy(entry, verdict)) entry.timeouts++;
    else entry.failures++;
    entry.successes = 0;
    if (verdict === 'refused') {
      entry.refusedAt = now;
      if (!isSpokenFor(entry)) entry.hasEnded = true;
    }
    const effects = [...this.#found(entry, now), ...this.#judge(entry, probed, now)];
    const isJudged = entry.status !== 'healthy' && faults(entry) >= this.#rules.failureThreshold;
    if (entry.status === 'down' || isJudged) this.#schedule.later(entry, now);
    else this.#schedule.at(entry, now + RULES.reprobeMs);
    return effects;
  }

  /** The first failure of an instance that was healthy is worth the other gateways' look. */
  #found(entry: Entry, now: number): Effect[] {
    const isNews = entry.status === 'healthy' && faults(entry) === 1 && this.#schedule.isShared;
    if (!isNews || entry.configuredAs !== undefined || now - entry.foundAt < RULES.findingEveryMs)
      return [];
    entry.foundAt = now;
    return [{ type: 'finding', key: entry.key }];
  }

  #judge(entry: Entry, probed: Probed, now: number): Effect[] {
    const { verdict } = probed;
    if (verdict === 'refused')
      return this.#setStatus(entry, 'down', 'its port refuses connections', now);
    if (verdict === 'unidentified') return this.#unidentified(entry, probed, now);
    // While this observer's own link is bad, a timeout says nothing about the instance.
    const { settledAt } = this.#groups.of(entry.announcement.prefix);
    if (now < Math.max(this.#link.settledAt, settledAt)) return [];
    const count = faults(entry);
    if (count < this.#rules.failureThreshold) return [];
    // What times out may be busy: sending there beats a certain failure if there is nothing else.
    const isLong = entry.status === 'suspect' && now - entry.doubtedAt >= RULES.forgetAfterMs;
    const isBusy = mayBeBusy(entry, verdict) && entry.status !== 'down' && !isLong;
    return this.#setStatus(entry, isBusy ? 'suspect' : 'down', whyFailed(probed, count), now);
  }

  /**
   * Another server answers in its place, or its certificate is invalid. It is down at once: a server has answered, so it is no
   * fault of this observer's link. Of one that was down already it is reported, too.
   */
  #unidentified(entry: Entry, probed: Probed, now: number): Effect[] {
    const why = whyFailed(probed, 1);
    const isKnown = entry.isUnidentified;
    entry.isUnidentified = true;
    const effects = this.#setStatus(entry, 'down', why, now);
    return effects.length > 0 || isKnown ? effects : [change('down', entry, why)];
  }

  #isOvertaken(entry: Entry, now: number): boolean {
    return isOvertaken(entry, this.#endpoints.others(entry), this.#link.hearsOwners(now));
  }

  #end(entry: Entry, now: number): Effect[] {
    entry.hasEnded = true;
    return this.#setStatus(entry, 'down', 'another process has its address and port', now);
  }

  #suspect(entry: Entry, why: string, now: number): Effect[] {
    const effects = this.#setStatus(entry, 'suspect', why, now);
    this.#schedule.at(entry, now);
    return effects;
  }

  #setStatus(entry: Entry, status: Status, why: string, now: number): Effect[] {
    if (entry.status === status) return [];
    const was = entry.status;
    this.#groups.of(entry.announcement.prefix).change(entry, () => (entry.status = status));
    if (was === 'healthy') entry.doubtedAt = now;
    this.#agenda.set(entry.key, 'status', now + STATUS_MS[status]);
    const type = status === 'healthy' ? 'recovered' : status === 'down' ? 'down' : 'suspected';
    return [change(type, entry, why)];
  }

  #renewLease(entry: Entry, now: number): void {
    const { ttl } = entry.announcement;
    entry.leaseEndsAt = ttl === undefined ? Infinity : now + ttl * 1000;
    this.#agenda.set(entry.key, 'lease', entry.leaseEndsAt);
  }
}

/**
 * Whether a busy instance would end a probe so: it accepts connections and answers none in time, and once
 * its queue is full, it accepts no more. One that accepts none from the start is gone.
 */
function mayBeBusy({ timeouts }: Entry, verdict: Verdict): boolean {
  return verdict === 'timeout' || (verdict === 'unreachable' && timeouts > 0);
}
