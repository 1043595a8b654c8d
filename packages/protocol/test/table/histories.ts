import fc from 'fast-check';
import { parseAnnouncement, RULES } from '@rollcall/protocol';
import type { Announcement, TableEvent, Verdict } from '@rollcall/protocol';

/** Every time is a multiple of what the agenda counts in, so that the model knows exactly what is due. */
const STEPS = [50, 100, 800, 2000, 10_000, 60_000, RULES.tombstoneMs];
export const PREFIXES = ['/v1', '/v2'];

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
  'unidentified',
  'unknown',
);

export type Step =
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

export const histories = fc.array(steps, { maxLength: 80, size: 'max' });

/**
 * Histories in which no port refuses and no two instances share one. Otherwise an instance whose owner is gone is back
 * only when its owner announces it.
 */
export const withoutReuse = histories.map((history) => history.map(alone));

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
