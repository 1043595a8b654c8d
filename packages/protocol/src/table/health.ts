import type { Agenda } from './agenda.ts';
import { change } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect, Verdict } from './events.ts';
import type { Groups } from './groups.ts';
import type { Status } from './instance.ts';
import { DEFAULT_PROBE_RULES, spread } from './probe-rules.ts';
import type { ProbeRules, Probing } from './probe-rules.ts';
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
  #linkIsUp = true;
  #linkLostAt = Infinity;
  /** Until then a failed probe may be the fault of this observer's own link. */
  #settledAt = -Infinity;

  /** @param entries the table's instances by key, which the table itself changes */
  constructor(
    { probes, probeRules }: HealthOptions,
    entries: ReadonlyMap<string, Entry>,
    groups: Groups,
    agenda: Agenda,
  ) {
    this.#probes = probes;
    this.#rules = { ...DEFAULT_PROBE_RULES, ...probeRules };
    this.#entries = entries;
    this.#groups = groups;
    this.#agenda = agenda;
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

  /** Its owner announced the version that the table holds: the instance runs. */
  confirmed(entry: Entry, now: number): Effect[] {
    this.#renewLease(entry, now);
    // That it runs does not mean that it can be reached from here: one that was down has to pass a probe,
    // unless there are none.
    const isProven =
      this.#probes === 'never' || (entry.status === 'suspect' && entry.failures === 0);
    const effects = isProven ? this.#setStatus(entry, 'healthy', 'its owner renewed it', now) : [];
    if (entry.status === 'down') this.#probeAt(entry, now);
    return effects;
  }

  /** Another observer reported an instance that was unknown here. Without probes the report has to do. */
  relayed(entry: Entry, now: number): Effect[] {
    if (this.#probes === 'never') return [];
    return this.#suspect(entry, 'only another observer has reported it', now);
  }

  /** The transport has lost an instance. */
  lost(entry: Entry, why: string, now: number): Effect[] {
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
    if (entry.status === 'down' && ++entry.successes < this.#rules.successThreshold) {
      this.#probeAt(entry, next);
      return [];
    }
    entry.successes = 0;
    this.#probeRegularly(entry, next);
    return this.#setStatus(entry, 'healthy', 'a probe succeeded', now);
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
