import type { Announcement } from '../wire/announcement-types.ts';
import type { Refusal } from '../wire/refusal.ts';
import { configuredKey, instanceKey, versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import { Agenda } from './agenda.ts';
import { Capacity, DISMISSED } from './capacity.ts';
import type { TableLimits } from './capacity.ts';
import { Endpoints, isSameEndpoint } from './endpoints.ts';
import { change, newEntry, statementOf } from './entry.ts';
import type { Entry } from './entry.ts';
import type { BrokerNumber, Effect, TableEvent } from './events.ts';
import { exportOf, isExportable } from './export.ts';
import { Groups } from './groups.ts';
import { Health } from './health.ts';
import type { HealthOptions } from './health.ts';
import type { Instance } from './instance.ts';
import { hasRival, isSpokenFor, lacksPresence } from './rivals.ts';
import { conflicts, join, sameAnnouncement } from './merge.ts';
import type { Sighting } from './sightings.ts';
import { Tombstones } from './tombstones.ts';

/**
 * What an observer knows: a state machine of events, in order, each with its time. It reads no clock, draws
 * no random number and does no I/O, so that one history always gives one table. The state changes in
 * place; what follows from an event is returned as effects.
 *
 * Membership is joined from what owners announce (merge.ts). Health is this observer's own judgement
 * (health.ts). docs/reference/protocol.md has the rules and their reasons.
 */
export class Table {
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Groups();
  readonly #tombstones: Tombstones;
  readonly #agenda = new Agenda();
  readonly #endpoints = new Endpoints();
  readonly #health: Health;
  readonly #capacity: Capacity;

  constructor(options: HealthOptions & { limits?: Partial<TableLimits> | undefined }) {
    this.#health = new Health(options, this.#entries, this.#groups, this.#agenda, this.#endpoints);
    this.#capacity = new Capacity(options.limits, this.#entries, this.#groups);
    this.#tombstones = new Tombstones(this.#capacity.maxInstances, this.#agenda);
  }

  /**
   * Takes in an event and returns what follows from it.
   * @param now milliseconds of a clock that never goes back, such as `performance.now()`
   */
  apply(event: TableEvent, now: number): Effect[] {
    const effects = this.#take(event, now);
    this.#capacity.note(effects, now);
    return [...effects, ...this.#capacity.trim(now, this.#forget)];
  }

  #take(event: TableEvent, now: number): Effect[] {
    switch (event.type) {
      case 'received':
        return this.#received(event.statement, undefined, now);
      case 'relayed':
        return this.#relayed(event.statement, event.isRestored === true, now);
      case 'joined':
        return this.#joined(event.announcement, event.broker ?? 0, now);
      case 'departed':
        return this.#departed(event.id, event.inc, event.broker ?? 0, now);
      case 'unseen':
        return this.#unseen(event.id, event.broker, now);
      case 'probed': {
        const entry = this.#entries.get(event.key);
        return entry === undefined ? [] : this.#health.probed(entry, event, now);
      }
      case 'reported':
        return this.#health.reported(event.key, now);
      case 'configured':
        return this.#configured(event.announcement, event.url, now);
      case 'unconfigured':
        return this.#unconfigured(event.key, event.why);
      case 'drained':
      case 'undrained':
        return this.#setDrained(event.key, event.type === 'drained');
      case 'dismissed': {
        const entry = this.#entries.get(event.key);
        // The configuration would name it still.
        if (entry === undefined || entry.configuredAs !== undefined) return [];
        return [this.#forget(entry, DISMISSED)];
      }
      case 'disowned': {
        const entry = this.#entries.get(event.key);
        return entry === undefined ? [] : [this.#forget(entry, event.why)];
      }
      case 'prefix-dismissed':
        return this.#capacity.dismiss(event.prefix, event.why ?? DISMISSED);
      case 'link':
        return this.#link(event.broker ?? 0, event.isUp, now);
      case 'tick':
        return this.#agenda.take(now).flatMap((key) => this.#due(key, now));
    }
  }

  /**
   * Returns why there is no room for an announcement, or undefined if there is.
   * @param isByOwner an owner announces it, for which instances that are down give way
   */
  refusal(announcement: Announcement, isByOwner: boolean): Refusal | undefined {
    return this.#capacity.refusal(announcement, isByOwner);
  }

  /** Whether this canonical prefix has an instance, or had one until shortly. */
  knows(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  /** Every prefix that has an instance, or had one until shortly, sorted. */
  prefixes(): string[] {
    return this.#groups.prefixes();
  }

  /**
   * The instances of a canonical prefix that receive traffic: the healthy ones, or the suspect ones if none
   * is healthy, without draining ones. The list changes with the table.
   */
  routable(prefix: string): readonly Instance[] {
    return this.#groups.routable(prefix);
  }

  /** The instances of one canonical prefix, in the order in which they registered: one for each address and port. */
  instances(prefix: string): readonly Instance[] {
    return [...this.#groups.all(prefix)];
  }

  /** The instances, by prefix and then in the order in which they registered: one for each prefix, address and port. */
  all(): Instance[] {
    return this.prefixes().flatMap((prefix) => this.instances(prefix));
  }

  /** All instances, in the order in which they registered, including each one whose endpoint another represents. */
  entries(): readonly Instance[] {
    return [...this.#entries.values()];
  }

  get(key: string): Instance | undefined {
    return this.#entries.get(key);
  }

  /**
   * Whether the presence channel of an instance at a broker has to be looked at: its run should be there, and nothing is known
   * of it there.
   */
  lacksPresence(key: string, broker: BrokerNumber = 0): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && lacksPresence(entry, broker);
  }

  /** Whether this observer is connected to a broker. */
  get isConnected(): boolean {
    return this.#health.isConnected;
  }

  /** Whether an instance is in its presence channel at a broker, as far as this observer knows. */
  isPresent(key: string): boolean {
    return this.#entries.get(key)?.isPresent === true;
  }

  /** What a broker shows of an instance's presence: see {@link Sighting}. Undefined if it has not said anything. */
  sighting(key: string, broker: BrokerNumber): Sighting | undefined {
    return this.#entries.get(key)?.sightings.get(broker);
  }

  /** What this table knows of an instance: its announcement, or that it has left. */
  statementOf(key: string): Statement | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? this.#tombstones.get(key) : statementOf(entry);
  }

  /** Everything that this table knows: its instances, and the exits that it remembers. */
  export(now: number): Statement[] {
    return exportOf(this.#entries, this.#tombstones, now);
  }

  /**
   * Whether this statement of {@link export} may be sent to another observer. Hearsay that was passed on
   * would never be forgotten: two observers would report it to each other in turn.
   */
  isExportable(statement: Statement): boolean {
    return isExportable(statement, this.#entries, this.#tombstones);
  }

  #joined(announcement: Announcement, broker: BrokerNumber, now: number): Effect[] {
    return this.#received({ announcement, left: false }, broker, now);
  }

  /**
   * Takes in what an owner announces, which proves that its instance runs.
   * @param presentAt the broker in whose presence channel it is, if that is how it came
   */
  #received(statement: Statement, presentAt: BrokerNumber | undefined, now: number): Effect[] {
    const effects = this.#merge(statement, 'received', now);
    const entry = this.#entries.get(instanceKey(statement.announcement));
    if (entry === undefined || statement.left) return effects;
    const { inc, seq } = statement.announcement;
    // A presence channel has what was announced at joining: the run is there, even if it has changed since.
    const isPresent = presentAt !== undefined;
    const isLatest = isPresent || entry.announcement.seq === seq;
    if (entry.announcement.inc !== inc || !isLatest) return effects;
    if (isPresent) this.#health.sighted(entry, presentAt, true);
    effects.push(...this.#health.confirmed(entry, isPresent, now));
    return isSpokenFor(entry) ? [...effects, ...this.#replaceAt(entry)] : effects;
  }

  /** The earlier runs of a service at the endpoint of one that its owner has announced are over, unless they are present. */
  #replaceAt(entry: Entry): Effect[] {
    return this.#endpoints
      .siblings(entry)
      .filter((each) => !each.isPresent)
      .map((each) => this.#replaced(each));
  }

  /** Whether another run of the same service has the endpoint of an entry, and the entry none to speak for it. */
  #isReplaced(entry: Entry): boolean {
    return !entry.isPresent && hasRival(entry, this.#endpoints.siblings(entry));
  }

  #replaced(entry: Entry): Effect {
    return this.#forget(entry, 'another run of the service has its address and port');
  }

  readonly #forget = (entry: Entry, why: string): Effect => {
    this.#remove(entry);
    return change('forgotten', entry, why);
  };

  /** Takes in what another observer's table or a snapshot holds: true of the past, so it has to be verified. */
  #relayed(statement: Statement, isRestored: boolean, now: number): Effect[] {
    const { announcement } = statement;
    const key = instanceKey(announcement);
    const isKnown = this.#entries.has(key) || this.#tombstones.has(key);
    // Announcements of a legacy instance have no order but that of arrival, so second-hand ones change
    // nothing. One exception: an instance that has left may have come back, which a probe shows.
    const isLegacy = versionOf(announcement) === undefined;
    if (isLegacy && isKnown && (statement.left || this.#entries.has(key))) return [];
    const held = this.#entries.get(key)?.announcement;
    const effects = this.#merge(statement, 'relayed', now);
    const entry = this.#entries.get(key);
    if (entry === undefined) return effects;
    const isSameRun = held !== undefined && held.inc === entry.announcement.inc;
    if (isSameRun && isSameEndpoint(held, entry.announcement)) return effects;
    effects.push(...this.#health.relayed(entry, isRestored, now));
    return this.#isReplaced(entry) ? [...effects, this.#replaced(entry)] : effects;
  }

  /** No owner speaks for it, so it stands by itself: what announces the same address and port says nothing about it. */
  #configured(announcement: Announcement, url: string, now: number): Effect[] {
    const key = configuredKey(announcement);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      if (known.configuredAs === url && sameAnnouncement(known.announcement, announcement))
        return [];
      const was = known.announcement;
      this.#groups.of(was.prefix).change(known, () => {
        known.announcement = announcement;
        known.configuredAs = url;
      });
      this.#health.updated(known, now);
      return [{ ...change('updated', known, 'its configuration has changed'), was }];
    }
    const entry = { ...newEntry(key, announcement, now), configuredAs: url };
    this.#entries.set(key, entry);
    this.#groups.of(announcement.prefix).add(entry);
    this.#health.started(entry, now);
    return [change('registered', entry, `it is configured as ${url}`)];
  }

  #unconfigured(key: string, why: string): Effect[] {
    const entry = this.#entries.get(key);
    if (entry?.configuredAs === undefined) return [];
    this.#remove(entry);
    return [change('left', entry, why)];
  }

  #departed(id: string, inc: number, broker: BrokerNumber, now: number): Effect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.announcement.inc !== inc) return [];
    return this.#health.sighted(entry, broker, false) ? this.#lost(entry, now) : [];
  }

  #unseen(id: string, broker: BrokerNumber, now: number): Effect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined) return [];
    return this.#health.isGoneUnseen(entry, broker) ? this.#lost(entry, now) : [];
  }

  /** This observer's own connection to a broker was made or lost. */
  #link(broker: BrokerNumber, isUp: boolean, now: number): Effect[] {
    const effects = this.#health.link(broker, isUp, now);
    if (isUp) return effects;
    const gone = [...this.#entries.values()].filter((each) =>
      this.#health.isGoneWithout(each, broker),
    );
    return [...effects, ...gone.flatMap((entry) => this.#lost(entry, now))];
  }

  #lost(entry: Entry, now: number): Effect[] {
    const effects = this.#health.lost(entry, 'it is gone from its presence channel', now);
    return this.#isReplaced(entry) ? [...effects, this.#replaced(entry)] : effects;
  }

  #setDrained(key: string, isDrained: boolean): Effect[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    const why = isDrained ? 'an operator drains it here' : 'an operator has ended its drain here';
    const group = this.#groups.of(entry.announcement.prefix);
    // No request can be sent to one of several runs at one endpoint and not to another.
    const changed = group.at(entry).filter((each) => each.isDrained !== isDrained);
    return changed.map((each) => {
      group.change(each, () => (each.isDrained = isDrained));
      return change('updated', each, why);
    });
  }

  /** Something is due for this key, or was when it was scheduled. */
  #due(key: string, now: number): Effect[] {
    this.#tombstones.expire(key, now);
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    const isForgotten = this.#health.isForgotten(entry, now);
    const wasSpokenFor = isSpokenFor(entry);
    const effects = this.#health.due(entry, now);
    if (wasSpokenFor && !isSpokenFor(entry) && this.#isReplaced(entry))
      return [...effects, this.#replaced(entry)];
    if (!isForgotten) return effects;
    return [...effects, this.#forget(entry, 'it was down for ten minutes')];
  }

  /** Joins a statement into membership, and returns what that changed. */
  #merge(statement: Statement, by: 'received' | 'relayed', now: number): Effect[] {
    const { announcement } = statement;
    const key = instanceKey(announcement);
    const entry = this.#entries.get(key);
    const held = this.statementOf(key);
    const isLegacy = versionOf(announcement) === undefined;
    const joined = held === undefined || isLegacy ? statement : join(held, statement);

    if (joined.left) {
      const isHearsay = by === 'relayed' && entry === undefined;
      this.#tombstones.add(key, joined, isHearsay, now);
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
    this.#endpoints.add(entry);
    this.#groups.of(announcement.prefix).add(entry);
    this.#health.started(entry, now);
    return [change('registered', entry, 'it announced itself')];
  }

  #update(entry: Entry, received: Announcement, joined: Announcement, now: number): Effect[] {
    const held = entry.announcement;
    const conflict: Effect[] =
      versionOf(received) !== undefined && conflicts(held, received)
        ? [{ type: 'conflict', instance: entry, announcement: received }]
        : [];
    if (sameAnnouncement(held, joined)) return conflict;

    const hasRestarted = held.inc !== joined.inc;
    this.#groups.of(held.prefix).remove(entry);
    this.#endpoints.remove(entry);
    entry.announcement = joined;
    if (hasRestarted)
      Object.assign(entry, { ...newEntry(entry.key, joined, now), probeAt: entry.probeAt });
    this.#groups.of(joined.prefix).add(entry);
    this.#endpoints.add(entry);
    if (hasRestarted) this.#health.started(entry, now);
    else {
      if (!isSameEndpoint(held, joined)) this.#health.moved(entry);
      this.#health.updated(entry, now);
    }
    const why = hasRestarted ? 'it has restarted' : 'its owner changed its announcement';
    return [...conflict, { was: held, ...change('updated', entry, why) }];
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    for (const what of ['lease', 'probe', 'status'] as const) this.#agenda.delete(entry.key, what);
    this.#endpoints.remove(entry);
    this.#groups.of(entry.announcement.prefix).remove(entry);
  }
}
