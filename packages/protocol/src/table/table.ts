import type { Announcement } from '../announcement.ts';
import { conflicts, instanceKey, join, sameAnnouncement, versionOf } from '../merge.ts';
import type { Statement } from '../merge.ts';
import { Agenda } from './agenda.ts';
import { change, newEntry, statementOf } from './entry.ts';
import type { Entry, Instance, Status } from './entry.ts';
import type { Effect, TableEvent, Verdict } from './events.ts';
import { Group } from './group.ts';
import { PROBES, spread } from './probe-rules.ts';
import type { ProbeRules, Probing } from './probe-rules.ts';
import { RULES } from './rules.ts';
import { Tombstones } from './tombstones.ts';

export interface TableOptions {
  /** With `never`, `probe` effects are not asked for, and doubt alone decides. */
  readonly probes: Probing;
  /** Default: {@link PROBES}. */
  readonly probeRules?: Partial<ProbeRules> | undefined;
}

/**
 * What an observer knows: a state machine of events, in order, with the time each came. Nothing here
 * reads a clock, draws a random number or does I/O, so that one history always gives one table. The
 * state changes in place; what is to be done about it is returned as effects.
 *
 * Membership is joined from what owners say (merge.ts). Health is this observer's own judgement by
 * presence, lease and probes: docs/reference/protocol.md.
 */
export class Table {
  readonly #probes: Probing;
  readonly #probeRules: ProbeRules;
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Map<string, Group>();
  readonly #tombstones = new Tombstones();
  readonly #agenda = new Agenda();
  #linkIsUp = true;
  #linkLostAt = Infinity;
  /** Until when a failure may be our own link's. */
  #settledAt = -Infinity;

  constructor({ probes, probeRules }: TableOptions) {
    this.#probes = probes;
    this.#probeRules = { ...PROBES, ...probeRules };
  }

  /** @param now milliseconds of a clock that never goes back, such as `performance.now()` */
  apply(event: TableEvent, now: number): Effect[] {
    switch (event.type) {
      case 'received':
        return this.#heard(event.statement, now);
      case 'relayed':
        return this.#told(event.statement, now);
      case 'joined':
        return this.#joined(event.announcement, now);
      case 'departed':
        return this.#parted(event.id, event.inc, now);
      case 'probed':
        return this.#probed(event.key, event.verdict, now);
      case 'drained':
      case 'undrained':
        return this.#setDrained(event.key, event.type === 'drained');
      case 'link':
        return this.#link(event.isUp, now);
      case 'tick':
        return this.#agenda.take(now).flatMap((key) => this.#due(key, now));
    }
  }

  /** Whether any instance of this canonical prefix was ever heard of. */
  knows(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  /** Every prefix of which an instance was ever heard of, sorted. */
  prefixes(): string[] {
    return [...this.#groups.keys()].toSorted();
  }

  /** Those of a prefix that may be sent requests at this moment. The list changes with the table. */
  routable(prefix: string): readonly Instance[] {
    return this.#groups.get(prefix)?.routable() ?? [];
  }

  /** The instances of one canonical prefix, in the order they came. */
  instances(prefix: string): readonly Instance[] {
    return [...(this.#groups.get(prefix)?.all() ?? [])];
  }

  /** All instances, by prefix and then in the order they came. */
  all(): Instance[] {
    return this.prefixes().flatMap((prefix) => this.instances(prefix));
  }

  get(key: string): Instance | undefined {
    return this.#entries.get(key);
  }

  /** What this table holds of an instance; if it has left, that it has. */
  statementOf(key: string): Statement | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? this.#tombstones.get(key) : statementOf(entry);
  }

  /** Everything that this table knows: instances, and those that have left. */
  export(now: number): Statement[] {
    // Of a legacy instance that is down nobody can tell whether it still means to be there.
    const up = [...this.#entries.values()]
      .filter(
        ({ status, announcement }) => status !== 'down' || versionOf(announcement) !== undefined,
      )
      .map(statementOf);
    return [...up, ...this.#tombstones.statements(now)];
  }

  /**
   * Whether another may be told this of {@link export}. Hearsay that was passed on would be remembered for
   * ever: who has forgotten is told by who heard of it later, and the other way round.
   */
  isExportable({ announcement, left }: Statement): boolean {
    const key = instanceKey(announcement);
    if (left) return !this.#tombstones.isHearsay(key);
    return this.#entries.get(key)?.status !== 'down';
  }

  /** An owner's own word, by the channel: proof of life. */
  #heard(statement: Statement, now: number): Effect[] {
    const effects = this.#merge(statement, 'received', now);
    const entry = this.#entries.get(instanceKey(statement.announcement));
    if (entry === undefined || statement.left) return effects;
    const isItsLatest = entry.announcement.seq === statement.announcement.seq;
    if (!isItsLatest || entry.announcement.inc !== statement.announcement.inc) return effects;
    this.#renewLease(entry, now);
    // That it lives does not say that it can be reached from here: one that was down has to show it, unless
    // nobody would ever see it do so.
    const proven = this.#probes === 'never' || (entry.status === 'suspect' && entry.failures === 0);
    if (proven) effects.push(...this.#setStatus(entry, 'healthy', 'its owner renewed it', now));
    if (entry.status === 'down') this.#probeAt(entry, now);
    return effects;
  }

  /** What another observer's table or a snapshot says: true of the past, so it has to be verified. */
  #told(statement: Statement, now: number): Effect[] {
    const { announcement } = statement;
    const key = instanceKey(announcement);
    const isKnown = this.#entries.has(key) || this.#tombstones.has(key);
    // The words of a legacy instance have no order but that of arrival. Second-hand ones change nothing,
    // save that one of which we only know that it left may be there again: a probe tells.
    const isLegacy = versionOf(announcement) === undefined;
    if (isLegacy && isKnown && (statement.left || this.#entries.has(key))) return [];
    const inc = this.#entries.get(key)?.announcement.inc;
    const effects = this.#merge(statement, 'relayed', now);
    const entry = this.#entries.get(key);
    const isNew = entry !== undefined && (!isKnown || isLegacy || entry.announcement.inc !== inc);
    // Who cannot verify has nothing better than to believe.
    if (isNew && this.#probes !== 'never')
      this.#doubt(entry, 'only another observer has told of it', now, effects);
    return effects;
  }

  #joined(announcement: Announcement, now: number): Effect[] {
    return this.#heard({ announcement, left: false }, now);
  }

  #parted(id: string, inc: number, now: number): Effect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.announcement.inc !== inc) return [];
    return this.#lose(entry, 'it is gone from its presence channel', now);
  }

  /** The transport has lost sight of an instance. */
  #lose(entry: Entry, why: string, now: number): Effect[] {
    if (entry.status !== 'healthy') return [];
    const effects: Effect[] = [];
    this.#doubt(entry, why, now, effects);
    const { prefix } = entry.announcement;
    const instances = this.#group(prefix).lose(entry, now);
    if (instances !== undefined) effects.push({ type: 'mass-suspicion', prefix, instances });
    return effects;
  }

  #probed(key: string, verdict: Verdict, now: number): Effect[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    entry.probing = false;
    if (verdict === 'ok') return this.#succeeded(entry, now);
    entry.failures++;
    entry.successes = 0;
    const wait = entry.status === 'down' ? this.#probeEvery() : RULES.probeAgain;
    this.#probeAt(entry, now + wait);
    if (verdict === 'refused')
      return this.#setStatus(entry, 'down', 'its port refuses connections', now);
    // A time-out while our own link is bad says nothing of the instance.
    const { settledAt } = this.#group(entry.announcement.prefix);
    if (!this.#linkIsUp || now < Math.max(this.#settledAt, settledAt)) return [];
    if (entry.failures >= this.#probeRules.failureThreshold) {
      const why = entry.failures === 1 ? 'a probe failed' : `${entry.failures} probes failed`;
      return this.#setStatus(entry, 'down', why, now);
    }
    return [];
  }

  #succeeded(entry: Entry, now: number): Effect[] {
    entry.failures = 0;
    const again = now + this.#probeEvery();
    if (entry.status === 'down' && ++entry.successes < this.#probeRules.successThreshold) {
      this.#probeAt(entry, again);
      return [];
    }
    entry.successes = 0;
    this.#probeAgain(entry, again);
    return this.#setStatus(entry, 'healthy', 'a probe succeeded', now);
  }

  #setDrained(key: string, isDrained: boolean): Effect[] {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.isDrained === isDrained) return [];
    this.#group(entry.announcement.prefix).change(entry, () => (entry.isDrained = isDrained));
    const why = isDrained ? 'an operator drains it here' : 'an operator has ended its drain here';
    return [change('updated', entry, why)];
  }

  #link(isUp: boolean, now: number): Effect[] {
    if (this.#linkIsUp === isUp) return [];
    this.#linkIsUp = isUp;
    this.#settledAt = now + RULES.settle;
    const effects: Effect[] = [];
    // Longer than others remember who left: what they tell now cannot show that one of ours is gone.
    const wasAwayLong = isUp && now - this.#linkLostAt >= RULES.tombstone;
    if (!isUp) this.#linkLostAt = now;
    for (const entry of this.#entries.values()) {
      // Renewals could not reach us.
      if (isUp) this.#renewLease(entry, now);
      // Its time may have passed while nothing could be heard of it.
      if (isUp && entry.status === 'suspect') this.#agenda.add(now + RULES.doubt, entry.key);
      if (wasAwayLong && entry.status === 'healthy')
        this.#doubt(entry, 'we were away from the channel for ten minutes', now, effects);
    }
    return effects;
  }

  /** Something is due for this instance, or was and is not any more. */
  #due(key: string, now: number): Effect[] {
    this.#tombstones.expire(key, now);
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    const effects: Effect[] = [];
    if (entry.leaseEnds <= now && this.#linkIsUp) {
      entry.leaseEnds = Infinity;
      effects.push(...this.#lose(entry, 'its lease has lapsed', now));
    }
    if (entry.probeAt <= now && !entry.probing) {
      entry.probing = true;
      entry.probeAt = Infinity;
      effects.push({ type: 'probe', instance: entry });
    }
    effects.push(...this.#expire(entry, now));
    return effects;
  }

  #expire(entry: Entry, now: number): Effect[] {
    const doubtedFor = now - entry.doubtedAt;
    if (entry.status === 'down' && doubtedFor >= RULES.downToForgotten) {
      this.#remove(entry);
      return [change('forgotten', entry, 'it was down for ten minutes')];
    }
    if (
      entry.status === 'suspect' &&
      this.#probes === 'never' &&
      this.#linkIsUp &&
      doubtedFor >= RULES.doubt
    ) {
      return this.#setStatus(entry, 'down', 'nothing has been heard of it since', now);
    }
    return [];
  }

  /** Joins a statement into membership, and says what that changed. */
  #merge(statement: Statement, by: 'received' | 'relayed', now: number): Effect[] {
    const { announcement } = statement;
    const key = instanceKey(announcement);
    const entry = this.#entries.get(key);
    const held = this.statementOf(key);
    const isLegacy = versionOf(announcement) === undefined;
    const joined = held === undefined || isLegacy ? statement : join(held, statement);

    if (joined.left) {
      const isHearsay = by === 'relayed' && entry === undefined;
      this.#agenda.add(this.#tombstones.add(key, joined, isHearsay, now), key);
      if (entry === undefined) return [];
      this.#remove(entry);
      return [change('left', entry, 'it has left')];
    }
    this.#tombstones.delete(key);
    if (entry === undefined) return this.#enter(key, joined.announcement, now);
    return this.#update(entry, announcement, joined.announcement, now);
  }

  #enter(key: string, announcement: Announcement, now: number): Effect[] {
    const entry = newEntry(key, announcement, now);
    this.#entries.set(key, entry);
    this.#group(announcement.prefix).add(entry);
    this.#probeAgain(entry, now + this.#probeEvery() * spread(key));
    return [change('registered', entry, 'it announced itself')];
  }

  #update(entry: Entry, said: Announcement, joined: Announcement, now: number): Effect[] {
    const held = entry.announcement;
    const conflict: Effect[] =
      versionOf(said) !== undefined && conflicts(held, said)
        ? [{ type: 'conflict', instance: entry, announcement: said }]
        : [];
    if (sameAnnouncement(held, joined)) return conflict;

    const isNewRun = held.inc !== joined.inc;
    this.#group(held.prefix).remove(entry);
    entry.announcement = joined;
    if (isNewRun)
      Object.assign(entry, { ...newEntry(entry.key, joined, now), probeAt: entry.probeAt });
    this.#group(joined.prefix).add(entry);
    if (isNewRun) this.#probeAgain(entry, now + this.#probeEvery() * spread(entry.key));
    // A probe that is under way asked for what was announced before: it is dropped, and this stands for it.
    else if (entry.probing) this.#probeAt(entry, now);
    entry.probing = false;
    const why = isNewRun ? 'it has restarted' : 'it said so';
    return [...conflict, { ...change('updated', entry, why), was: held }];
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#group(entry.announcement.prefix).remove(entry);
  }

  #doubt(entry: Entry, why: string, now: number, effects: Effect[]): void {
    effects.push(...this.#setStatus(entry, 'suspect', why, now));
    this.#agenda.add(now + RULES.doubt, entry.key);
    this.#probeAt(entry, now);
  }

  #setStatus(entry: Entry, status: Status, why: string, now: number): Effect[] {
    if (entry.status === status) return [];
    const was = entry.status;
    this.#group(entry.announcement.prefix).change(entry, () => (entry.status = status));
    if (was === 'healthy') entry.doubtedAt = now;
    if (status === 'down') this.#agenda.add(now + RULES.downToForgotten, entry.key);
    const type = status === 'healthy' ? 'recovered' : status === 'down' ? 'down' : 'suspected';
    return [change(type, entry, why)];
  }

  #renewLease(entry: Entry, now: number): void {
    const { ttl } = entry.announcement;
    entry.leaseEnds = ttl === undefined ? Infinity : now + ttl * 1000;
    this.#agenda.add(entry.leaseEnds, entry.key);
  }

  #probeEvery(): number {
    return Math.max(this.#probeRules.intervalMs, this.#entries.size * RULES.probeShare);
  }

  /** The next probe of an instance that is well as far as we know. */
  #probeAgain(entry: Entry, at: number): void {
    if (this.#probes === 'always') this.#probeAt(entry, at);
  }

  #probeAt(entry: Entry, at: number): void {
    if (this.#probes === 'never') return;
    entry.probeAt = at;
    this.#agenda.add(at, entry.key);
  }

  #group(prefix: string): Group {
    const known = this.#groups.get(prefix);
    if (known !== undefined) return known;
    const group = new Group();
    this.#groups.set(prefix, group);
    return group;
  }
}
