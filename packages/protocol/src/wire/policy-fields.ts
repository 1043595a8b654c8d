import type { Field } from './field.ts';

/** How gateways choose among the instances of a prefix: docs/reference/gateway.md. */
export const BALANCING_POLICIES = ['round-robin', 'least-request', 'latency', 'hash'] as const;

export type BalancingPolicy = (typeof BALANCING_POLICIES)[number];

/** What a request is hashed by: `address`, or a header field or cookie of some name (RFC 9110 §5.6.2). */
export const HASH_BY: RegExp = /^(?:address|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})$/;

/** A day. A longer limit is a mistake in the unit. */
const MAX_MS = 86_400_000;
const MAX_IN_FLIGHT = 1_000_000;

/** What an announcement may ask of gateways. */
export const POLICY_FIELDS: readonly Field[] = [
  {
    name: 'answerMs',
    type: 'integer',
    min: 1,
    max: MAX_MS,
    unit: 'milliseconds',
    doc: 'How long a gateway waits for the head of a response.',
    go: 'AnswerMs',
  },
  {
    name: 'totalMs',
    type: 'integer',
    min: 1,
    max: MAX_MS,
    unit: 'milliseconds',
    doc: 'How long a request and its response may take, retries included.',
    go: 'TotalMs',
  },
  {
    name: 'bodyBytes',
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    doc: 'How long the body of a request may be.',
    go: 'BodyBytes',
  },
  {
    name: 'maxInFlight',
    type: 'integer',
    min: 1,
    max: MAX_IN_FLIGHT,
    unit: 'requests',
    doc: 'How many requests each gateway may have in flight to one instance.',
    // The name in earlier versions.
    aliases: ['mostInFlight'],
    go: 'MaxInFlight',
  },
  {
    name: 'retries',
    type: 'boolean',
    doc: '`false` if a request that was sent to an instance is never sent again.',
    go: 'Retries',
  },
  {
    name: 'strip',
    type: 'boolean',
    doc: '`false` if requests keep the prefix in their path.',
    go: 'Strip',
    flag: '--no-strip',
    runDoc: 'Ask gateways to keep the prefix in the path of requests.',
  },
  {
    name: 'balancing',
    type: 'choice',
    values: BALANCING_POLICIES,
    doc: 'How gateways choose among the instances of the prefix.',
    go: 'Balancing',
  },
  {
    name: 'hashBy',
    type: 'pattern',
    pattern: HASH_BY,
    form: '"address", "header:NAME" or "cookie:NAME"',
    doc: 'What requests are hashed by if `balancing` is `hash`.',
    example: 'header:x-user-id',
    go: 'HashBy',
    flag: '--sticky [key]',
    runDoc:
      'Ask gateways to send a client to the same instance each time, by its address, header:NAME or cookie:NAME (default: address).',
  },
];
