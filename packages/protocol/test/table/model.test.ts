import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instanceKey, parseAnnouncement, RULES, Table, versionOf } from '@rollcall/protocol';
import type {
  Announcement,
  Effect,
  Instance,
  Probing,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';

/** Every time is a multiple of what the agenda counts in, so that the model knows exactly what is due. */
const STEPS = [50, 100, 800, 2000, 10_000, 60_000, RULES.tombstoneMs];
const RUNS = 300;
const PREFIXES = ['/v1', '/v2'];

const announcements = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', undefined),
    inc: fc.integer({ min: 1, max: 3 }),
    seq: fc.integer({ min: 0, max: 2 }),
    port: fc.integer({ min: 1, max: 3 }),
    prefix: fc.constantFrom(...PREFIXES),
    ttl: fc.constantFrom(undefined, 10),
    draining: fc.constantFrom(undefined, undefined, true),
  })
  .map(({ id, inc, seq, ...rest }): Announcement => {
    const parsed = parseAnnouncement({
      address: '10.0.0.1',
      ...rest,
      ...(id !== undefined && { id, inc, seq }),
    });
    if (!parsed.ok) throw new Error(parsed.refusal.reason);
    return parsed.value;
  });

const verdicts = fc.constantFrom<Verdict>(
  'ok',
  'failed',
  'refused',
  'timeout',
  'unreachable',
  'unknown',
);

type Step =
  | { readonly do: 'say'; readonly event: Exclude<TableEvent, { type: 'probed' }> }
  | { readonly do: 'answer'; readonly index: number; readonly verdict: Verdict }
  | { readonly do: 'overdue'; readonly index: number }
  | { readonly do: 'serve'; readonly key: string; readonly ago: number }
  | { readonly do: 'pass'; readonly milliseconds: number };

const say = (event: Exclude<TableEvent, { type: 'probed' }>): Step => ({ do: 'say', event });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        type: fc.constantFrom('received' as const, 'relayed' as const),
        announcement: announcements,
        left: fc.constantFrom(false, false, true),
      })
      .map(({ type, announcement, left }) => say({ type, statement: { announcement, left } })),
  },
  {
    weight: 2,
    arbitrary: announcements
      .filter(({ id }) => id !== undefined)
      .map((announcement) => say({ type: 'joined', announcement })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        type: fc.constant('departed' as const),
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        inc: fc.integer({ min: 1, max: 3 }),
      })
      .map(say),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isUp) => say({ type: 'link', isUp })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      index: fc.nat(9),
      verdict: verdicts,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('overdue' as const), index: fc.nat(9) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('serve' as const),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      ago: fc.constantFrom(0, 200, 5000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      milliseconds: fc.constantFrom(...STEPS),
    }),
  },
);

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
class Run {
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

  /** A probe ends; as in discover(), nobody cares if something else has been announced meanwhile. */
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

  /** Each list has exactly those that the instances' own fields say. */
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

  /** While our own link is down only a port that refuses takes anything away. */
  #expectNoLoss(
    event: TableEvent,
    before: readonly Instance[],
    wasRoutable: readonly string[],
  ): void {
    if (event.type === 'probed' && event.verdict === 'refused') return;
    for (const { key, status } of before) {
      if (status === 'down') continue;
      const after = this.table.get(key)?.status;
      if (after !== 'healthy' && after !== 'suspect') expect([key, after]).toEqual([key, status]);
    }
    for (const prefix of wasRoutable) expect(this.table.routable(prefix)).not.toEqual([]);
  }
}

/** Asks vitest only for the report: it takes longer to compare than the table to run. */
function same(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

const keys = (instances: readonly Instance[]) => instances.map(({ key }) => key).toSorted();
const sorted = (versions: readonly { id: string }[]) =>
  versions.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const histories = fc.array(steps, { maxLength: 80, size: 'max' });

/**
 * Histories in which no port refuses and no two instances share one. Otherwise an instance whose owner is gone is back
 * only when its owner announces it.
 */
const withoutReuse = histories.map((history) => history.map(alone));

function alone(step: Step): Step {
  if (step.do === 'answer')
    return { ...step, verdict: step.verdict === 'refused' ? 'failed' : step.verdict };
  if (step.do !== 'say') return step;
  const { event } = step;
  if (event.type === 'joined')
    return say({ ...event, announcement: withOwnPort(event.announcement) });
  if (event.type !== 'received' && event.type !== 'relayed') return step;
  const { announcement, left } = event.statement;
  return say({ ...event, statement: { announcement: withOwnPort(announcement), left } });
}

function withOwnPort(announcement: Announcement): Announcement {
  const { id, prefix, port } = announcement;
  const own = id?.charCodeAt(0) ?? port + (prefix === '/v1' ? 10 : 20);
  return { ...announcement, port: own };
}

describe('a table in random histories', () => {
  it.each(['always', 'suspect', 'never'] as const)(
    'holds and lists the latest announcements, with probes: %s',
    (probes) => {
      fc.assert(
        fc.property(histories, (history) => {
          const run = new Run(probes);
          for (const step of history) run.step(step);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it.each(['always', 'suspect'] as const)(
    'finds the healthy instances eventually, with probes: %s',
    (probes) => {
      fc.assert(
        fc.property(withoutReuse, (history) => {
          const run = new Run(probes);
          for (const step of history) run.step(step);
          run.apply({ type: 'link', isUp: true });
          for (let waited = 0; waited < RULES.maxPauseMs + 3000; waited += 1000) {
            run.answerAll('ok');
            run.pass(1000);
          }
          run.answerAll('ok');
          run.expectAll('healthy');
        }),
        { numRuns: RUNS },
      );
    },
  );

  it('finds unresponsive instances eventually, with probes: always', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('always');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        for (let waited = 0; waited < RULES.settleMs + 3000; waited += 50) {
          run.answerAll('failed');
          run.pass(50);
        }
        run.expectAll('down');
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps requests from instances that accept connections and answer nothing', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('always');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        for (let waited = 0; waited < RULES.settleMs + RULES.maxPauseMs; waited += 1000) {
          run.hangAll();
          run.pass(1000);
        }
        run.hangAll();
        same(
          run.table.all().filter(({ status }) => status === 'healthy'),
          [],
        );
      }),
      { numRuns: RUNS },
    );
  });

  it('leaves no instance suspect forever, with probes: never', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = new Run('never');
        for (const step of history) run.step(step);
        run.apply({ type: 'link', isUp: true });
        run.pass(RULES.suspectMs);
        // A lease may have lapsed at the end of that.
        run.pass(RULES.suspectMs);
        same(
          run.table.all().filter(({ status }) => status === 'suspect'),
          [],
        );
      }),
      { numRuns: RUNS },
    );
  });
});
