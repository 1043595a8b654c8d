import { isRecord, quote } from '../untrusted.ts';
import { parseInteger, parseOptional } from './fields.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed } from './refusal.ts';

/** Who is picked among the instances of a prefix: docs/reference/gateway.md. */
export const BALANCING_POLICIES = ['round-robin', 'least-request', 'latency', 'hash'] as const;

export type BalancingPolicy = (typeof BALANCING_POLICIES)[number];

/** What requests may be told apart by: `address`, or a header or a cookie of some name (RFC 9110 §5.6.2). */
export const HASH_BY: RegExp = /^(?:address|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})$/;

/**
 * How an instance asks gateways to serve its prefix. A gateway grants what is within its own limits, and its
 * own word on the route goes before this.
 */
export interface AnnouncedPolicy {
  /** Until the answer begins, in milliseconds, at most a day. */
  readonly answerMs?: number;
  /** Until it has ended, however often the request was tried. */
  readonly totalMs?: number;
  /** Of a request's body. */
  readonly bodyBytes?: number;
  /** Requests in flight to each instance, from each gateway. */
  readonly maxInFlight?: number;
  /** `false`: no request that was sent is sent again. */
  readonly retries?: boolean;
  readonly balancing?: BalancingPolicy;
  /** With `hash`: {@link HASH_BY}. */
  readonly hashBy?: string;
}

/** A day: more is a mistake in the unit. */
const MAX_MS = 86_400_000;
const MAX_IN_FLIGHT = 1_000_000;

/** How to read each field. */
const FIELDS = {
  answerMs: (input: unknown) => parseCount(input, 'answerMs', MAX_MS),
  totalMs: (input: unknown) => parseCount(input, 'totalMs', MAX_MS),
  bodyBytes: (input: unknown) => parseCount(input, 'bodyBytes', Number.MAX_SAFE_INTEGER),
  maxInFlight: (input: unknown) => parseCount(input, 'maxInFlight', MAX_IN_FLIGHT),
  retries: parseRetries,
  balancing: parseBalancing,
  hashBy: parseHashBy,
};

/** Fields that it does not know it leaves out: it could not tell what they ask for. */
export function parseAnnouncedPolicy(input: unknown): Parsed<AnnouncedPolicy> {
  if (!isRecord(input)) {
    return refuse('bad-policy', `policy is ${quote(input)}; it must be an object`);
  }
  // Earlier versions called it `mostInFlight`.
  const maxInFlight = input['maxInFlight'] ?? input['mostInFlight'];
  return parseOptional({ ...input, maxInFlight }, FIELDS);
}

function parseCount(input: unknown, field: string, max: number): Parsed<number> {
  return parseInteger(input, 'bad-policy', `policy.${field}`, 1, max);
}

function parseRetries(input: unknown): Parsed<boolean> {
  if (typeof input === 'boolean') return accept(input);
  return refuse('bad-policy', `policy.retries is ${quote(input)}; it must be true or false`);
}

function parseBalancing(input: unknown): Parsed<BalancingPolicy> {
  const known = BALANCING_POLICIES.find((each) => each === input);
  if (known !== undefined) return accept(known);
  const all = BALANCING_POLICIES.join(', ');
  return refuse('bad-policy', `policy.balancing is ${quote(input)}; it must be one of ${all}`);
}

function parseHashBy(input: unknown): Parsed<string> {
  if (typeof input === 'string' && HASH_BY.test(input)) return accept(input);
  return refuse(
    'bad-policy',
    `policy.hashBy is ${quote(input)}; it must be "address", "header:NAME" or "cookie:NAME"`,
  );
}
