import { POLICY_NAMES } from '../balancing/policies/registry.ts';
import { HASH_KEY } from './formats.ts';

// An exported table needs types that can be read from it alone (isolatedDeclarations): what it takes from elsewhere
// stands with an `as`.

/** How an instance is chosen among those of a prefix. */
export const BALANCING_SETTINGS = {
  policy: {
    type: 'choice',
    words: POLICY_NAMES as typeof POLICY_NAMES,
    default: 'round-robin',
    doc: 'How an instance is chosen among those of a prefix.',
  },
  hashBy: {
    type: 'text',
    format: HASH_KEY as typeof HASH_KEY,
    default: 'address',
    doc: 'The key of a request under the policy `hash`: `address`, `header:NAME` or `cookie:NAME`. A request without that header or cookie is hashed by the address of its client.',
  },
  maxInFlight: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 1024,
    doc: 'Maximum requests in flight to one instance. An instance at its limit receives no more.',
  },
  slowStartMs: {
    type: 'milliseconds',
    min: 0,
    default: 0,
    doc: 'Time in which the share of a new or recovered instance grows from a tenth to the whole.',
  },
  zone: {
    type: 'text',
    example: 'eu-1',
    doc: 'Instances of this zone are preferred while any of them is eligible.',
  },
} as const;

/** When an instance is ejected, though its probes succeed. */
export const EJECTION_SETTINGS = {
  consecutiveFailures: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 5,
    doc: 'Consecutive failed requests after which an instance is ejected.',
  },
  failureRate: {
    type: 'share',
    default: 0.5,
    doc: 'Share of failed requests within 10 s from which an instance is ejected, if it had at least `minRequests`.',
  },
  minRequests: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 20,
    doc: 'Requests within 10 s below which `failureRate` is not considered.',
  },
  baseEjectionMs: {
    type: 'milliseconds',
    default: 30_000,
    doc: 'How long the first ejection lasts. The nth in succession lasts n times as long.',
  },
  maxEjectionMs: {
    type: 'milliseconds',
    default: 300_000,
    doc: 'Maximum length of an ejection.',
  },
  maxEjectedShare: {
    type: 'share',
    default: 0.5,
    doc: 'Maximum share of the instances of a prefix that are ejected at a time. One of two or more may always be.',
  },
  panicThreshold: {
    type: 'share',
    default: 0.5,
    doc: 'Ejections are ignored while fewer than this share of the instances of a prefix would be left, because these could not bear the load of all.',
  },
} as const;

/** Which requests may be sent again. */
export const RETRY_SETTINGS = {
  share: {
    type: 'share',
    default: 0.2,
    doc: 'Retries as a share of the requests.',
  },
  perSecond: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 10,
    doc: 'Retries per second that are allowed in addition.',
  },
} as const;
