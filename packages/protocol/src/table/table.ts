import type { Announcement } from '../wire/announcement-types.ts';
import { instanceKey, versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import { Agenda } from './agenda.ts';
import { change, newEntry, statementOf } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Effect, TableEvent } from './events.ts';
import { Groups } from './groups.ts';
import { Health } from './health.ts';
import type { HealthOptions } from './health.ts';
import type { Instance } from './instance.ts';
import { conflicts, join, sameAnnouncement } from './merge.ts';
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
  readonly #tombstones = new Tombstones();
  readonly #agenda = new Agenda();
  readonly #health: Health;

  constructor(options: HealthOptions) {
    this.#health = new Health(options, this.#entries, this.#groups, this.#agenda);
  }

  /**
   * Takes in an event and returns what follows from it.
   * @param now milliseconds of a clock that never goes back, such as `performance.now()`
   */
  apply(event: TableEvent, now: number): Effect[] {
    switch (event.type) {
      case 'received':
        return this.#received(event.statement, now);
      case 'relayed':
        return this.#relayed(event.statement, now);
      case 'joined':
        return this.#received({ announcement: event.announcement, left: false }, now);
      case 'departed':
        return this.#departed(event.id, event.inc, now);
      case 'probed': {
        const entry = this.#entries.get(event.key);
        return entry === undefined ? [] : this.#health.probed(entry, event, now);
      }
      case 'drained':
      case 'undrained':
        return this.#setDrained(event.key, event.type === 'drained');
      case 'link':
        return this.#health.link(event.isUp, now);
      case 'tick':
        return this.#agenda.take(now).flatMap((key) => this.#due(key, now));
    }
  }

  /** Whether an instance of this canonical prefix was ever known. */
  knows(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  /** Every prefix of which an instance was ever known, sorted. */
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

  /** The instances of one canonical prefix, in the order in which they registered. */
  instances(prefix: string): readonly Instance[] {
    return [...this.#groups.all(prefix)];
  }

  /** All instances, by prefix and then in the order in which they registered. */
  all(): Instance[] {
    return this.prefixes().flatMap((prefix) => this.instances(prefix));
  }

  get(key: string): Instance | undefined {
    return this.#entries.get(key);
  }

  /** What this table knows of an instance: its announcement, or that it has left. */
  statementOf(key: string): Statement | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? this.#tombstones.get(key) : statementOf(entry);
  }

  /** Everything that this table knows: its instances, and the exits that it remembers. */
  export(now: number): Statement[] {
    // Whether a legacy instance that is down still means to be there cannot be known.
    const kept = [...this.#entries.values()]
      .filter(
        ({ status, announcement }) => status !== 'down' || versionOf(announcement) !== undefined,
      )
      .map(statementOf);
    return [...kept, ...this.#tombstones.statements(now)];
  }

  /**
   * Whether this statement of {@link export} may be sent to another observer. Hearsay that was passed on
   * would never be forgotten: two observers would report it to each other in turn.
   */
  isExportable({ announcement, left }: Statement): boolean {
    const key = instanceKey(announcement);
    if (left) return !this.#tombstones.isHearsay(key);
    return this.#entries.get(key)?.status !== 'down';
  }

  /** Takes in what an owner announces, which proves that its instance runs. */
  #received(statement: Statement, now: number): Effect[] {
    const effects = this.#merge(statement, 'received', now);
    const entry = this.#entries.get(instanceKey(statement.announcement));
    if (entry === undefined || statement.left) return effects;
    const { inc, seq } = statement.announcement;
    if (entry.announcement.seq !== seq || entry.announcement.inc !== inc) return effects;
    return [...effects, ...this.#health.confirmed(entry, now)];
  }

  /** Takes in what another observer's table or a snapshot holds: true of the past, so it has to be verified. */
  #relayed(statement: Statement, now: number): Effect[] {
    const { announcement } = statement;
    const key = instanceKey(announcement);
    const isKnown = this.#entries.has(key) || this.#tombstones.has(key);
    // Announcements of a legacy instance have no order but that of arrival, so second-hand ones change
    // nothing. One exception: an instance that has left may have come back, which a probe shows.
    const isLegacy = versionOf(announcement) === undefined;
    if (isLegacy && isKnown && (statement.left || this.#entries.has(key))) return [];
    const inc = this.#entries.get(key)?.announcement.inc;
    const effects = this.#merge(statement, 'relayed', now);
    const entry = this.#entries.get(key);
    const isNew = entry !== undefined && (!isKnown || isLegacy || entry.announcement.inc !== inc);
    return isNew ? [...effects, ...this.#health.relayed(entry, now)] : effects;
  }

  #departed(id: string, inc: number, now: number): Effect[] {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.announcement.inc !== inc) return [];
    return this.#health.lost(entry, 'it is gone from its presence channel', now);
  }

  #setDrained(key: string, isDrained: boolean): Effect[] {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.isDrained === isDrained) return [];
    this.#groups.of(entry.announcement.prefix).change(entry, () => (entry.isDrained = isDrained));
    const why = isDrained ? 'an operator drains it here' : 'an operator has ended its drain here';
    return [change('updated', entry, why)];
  }

  /** Something is due for this key, or was when it was scheduled. */
  #due(key: string, now: number): Effect[] {
    this.#tombstones.expire(key, now);
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    const isForgotten = this.#health.isForgotten(entry, now);
    const effects = this.#health.due(entry, now);
    if (!isForgotten) return effects;
    this.#remove(entry);
    return [...effects, change('forgotten', entry, 'it was down for ten minutes')];
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
    entry.announcement = joined;
    if (hasRestarted)
      Object.assign(entry, { ...newEntry(entry.key, joined, now), probeAt: entry.probeAt });
    this.#groups.of(joined.prefix).add(entry);
    if (hasRestarted) this.#health.started(entry, now);
    else this.#health.updated(entry, now);
    const why = hasRestarted ? 'it has restarted' : 'its owner changed its announcement';
    return [...conflict, { ...change('updated', entry, why), was: held }];
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#groups.of(entry.announcement.prefix).remove(entry);
  }
}
