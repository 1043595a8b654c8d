import { expect } from 'vitest';
import { instanceKey, RULES, Table, versionOf } from '@rollcall/protocol';
import type {
  Announcement,
  Effect,
  Instance,
  Probing,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';
import { PREFIXES } from './histories.ts';
import type { Step } from './histories.ts';

/** What a table should hold of an instance that numbers its words. */
interface Held {
  inc: number;
  seq: number;
  left: boolean;
  until: number;
}

/** A probe in progress. */
interface Probe {
  readonly instance: Instance;
  readonly by: 'probe' | 'connect';
}

/** A table, what it should hold, and the probes that it has asked for. */
export class Run {
  readonly table: Table;
  readonly #probes: Probing;
  readonly #held = new Map<string, Held>();
  #pending: Probe[] = [];
  #now = 1000;
  #linkIsUp = true;

  constructor(probes: Probing) {
    this.#probes = probes;
    this.table = new Table({ probes });
  }

  step(step: Step): void {
    if (step.do === 'pass') this.pass(step.milliseconds);
    else if (step.do === 'answer') this.answer(step.index, step.verdict);
    else if (step.do === 'overdue') this.overdue(step.index);
    else if (step.do === 'serve') {
      const { key, ago } = step;
      this.apply({ type: 'probed', key, verdict: 'ok', by: 'traffic', at: this.#now - ago });
    }
    // Nothing comes by a channel that is away.
    else if (step.event.type === 'link' || this.#linkIsUp) this.apply(step.event);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    this.apply({ type: 'tick' });
  }

  /** A probe ends. As in discover(), its result does not count if something else has been announced meanwhile. */
  answer(index: number, verdict: Verdict): void {
    this.#end(this.#pending.splice(index, 1)[0], verdict, false);
  }

  answerAll(verdict: Verdict): void {
    while (this.#pending.length > 0) this.answer(0, verdict);
  }

  /** A request has timed out, and is still waited for. */
  overdue(index: number): void {
    const probe = this.#pending[index];
    if (probe?.by === 'probe') this.#end(probe, 'timeout', true);
  }

  /** As if all accepted connections, and answered nothing. */
  hangAll(): void {
    const probes = this.#pending;
    this.#pending = probes.filter(({ by }) => by === 'probe');
    for (const probe of probes) {
      if (probe.by === 'connect') this.#end(probe, 'ok', false);
      else this.#end(probe, 'timeout', true);
    }
  }

  #end(probe: Probe | undefined, verdict: Verdict, isPending: boolean): void {
    if (probe === undefined) return;
    const { instance, by } = probe;
    const { key, announcement } = instance;
    if (this.table.get(key)?.announcement !== announcement) return;
    this.apply({ type: 'probed', key, verdict, by, isPending });
  }

  expectAll(expected: Instance['status']): void {
    for (const { key, status } of this.table.all()) same([key, status], [key, expected]);
  }

  apply(event: TableEvent): void {
    const before = this.table.entries().map((each) => ({ ...each }));
    const wasRoutable = PREFIXES.filter((prefix) => this.table.routable(prefix).length > 0);
    if (event.type === 'link') this.#linkIsUp = event.isUp;
    const effects = this.table.apply(event, this.#now);
    for (const effect of effects) {
      if (effect.type !== 'probe') continue;
      expect(this.#probes).not.toBe('never');
      this.#pending.push({ instance: { ...effect.instance }, by: effect.by });
    }
    this.#expectHeld(event, effects);
    this.#expectLists();
    if (!this.#linkIsUp) this.#expectNoLoss(event, before, wasRoutable);
  }

  /** Versions only grow, a run that has left stays so, and only what was down for long is forgotten. */
  #expectHeld(event: TableEvent, effects: readonly Effect[]): void {
    if (event.type === 'received' || event.type === 'relayed') {
      this.#join(event.statement.announcement, event.statement.left);
    } else if (event.type === 'joined') {
      this.#join(event.announcement, false);
    } else if (event.type === 'tick') {
      for (const [id, { left, until }] of this.#held) {
        if (left && until <= this.#now) this.#held.delete(id);
      }
    }
    for (const effect of effects) {
      // Among them are runs that another one at their endpoint has replaced.
      if (effect.type === 'forgotten') this.#held.delete(effect.instance.key);
    }
    const expected = [...this.#held]
      .filter(([, { left }]) => !left)
      .map(([id, { inc, seq }]) => ({ id, inc, seq }));
    const versioned = this.table.entries().flatMap(({ announcement }) => {
      const version = versionOf(announcement);
      return version === undefined ? [] : [version];
    });
    same(sorted(versioned), sorted(expected));
  }

  #join(announcement: Announcement, left: boolean): void {
    const version = versionOf(announcement);
    if (version === undefined) return;
    const { id, inc, seq } = version;
    let held = this.#held.get(id);
    if (held === undefined || inc > held.inc) held = { inc, seq, left, until: 0 };
    else if (inc === held.inc) {
      held = { inc, seq: Math.max(seq, held.seq), left: held.left || left, until: 0 };
    }
    if (held.left) held.until = this.#now + RULES.tombstoneMs;
    this.#held.set(id, held);
  }

  /** Each list has exactly the instances whose own fields put them there. */
  #expectLists(): void {
    const all = this.table.all();
    const endpoints = all.map(({ announcement: { prefix, port } }) => `${prefix} ${port}`);
    same(new Set(endpoints).size, all.length);
    for (const { key, announcement } of all) same(instanceKey(announcement), key);
    for (const prefix of PREFIXES) {
      const instances = all.filter(({ announcement }) => announcement.prefix === prefix);
      same(keys(this.table.instances(prefix)), keys(instances));
      const ready = instances.filter(({ announcement }) => announcement.draining !== true);
      const up = ready.filter(({ status }) => status === 'healthy');
      const suspect = ready.filter(({ status }) => status === 'suspect');
      same(keys(this.table.routable(prefix)), keys(up.length > 0 ? up : suspect));
    }
  }

  /** While our own link is down only a port that refuses, or an impostor at it, takes anything away. */
  #expectNoLoss(
    event: TableEvent,
    before: readonly Instance[],
    wasRoutable: readonly string[],
  ): void {
    if (event.type === 'probed' && PROOF.has(event.verdict)) return;
    for (const { key, status } of before) {
      if (status === 'down') continue;
      const after = this.table.get(key)?.status;
      if (after !== 'healthy' && after !== 'suspect') expect([key, after]).toEqual([key, status]);
    }
    for (const prefix of wasRoutable) expect(this.table.routable(prefix)).not.toEqual([]);
  }
}

/** What shows by itself that an instance is not there. */
const PROOF: ReadonlySet<Verdict> = new Set<Verdict>(['refused', 'unidentified']);

/** Asks vitest only for the report: it takes longer to compare than the table to run. */
export function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

const keys = (instances: readonly Instance[]) => instances.map(({ key }) => key).toSorted();
const sorted = (versions: readonly { id: string }[]) =>
  versions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
