import { DEFAULT_PROBE_RULES, DEFAULT_TABLE_LIMITS } from '@rollcall/protocol';
import { ADDRESS_RANGE } from './formats.ts';

/** How instances are probed. The defaults are those of every observer. */
const PROBE_SETTINGS = {
  intervalMs: {
    type: 'milliseconds',
    min: 100,
    default: DEFAULT_PROBE_RULES.intervalMs as number,
    doc: 'Time between two probes of a healthy instance that answers no requests meanwhile. Most of them only open a connection.',
  },
  requestIntervalMs: {
    type: 'milliseconds',
    min: 100,
    default: DEFAULT_PROBE_RULES.requestIntervalMs as number,
    doc: 'Time between two probes of a healthy instance that make a request. If it announces no health path, requests of clients that it answers count, too.',
  },
  timeoutMs: {
    type: 'milliseconds',
    default: DEFAULT_PROBE_RULES.timeoutMs as number,
    doc: 'Maximum time until a probe is answered.',
  },
  failureThreshold: {
    type: 'integer',
    min: 1,
    max: 1000,
    default: DEFAULT_PROBE_RULES.failureThreshold as number,
    doc: 'Consecutive failed probes after which an instance is down. If its port refuses connections, one is enough.',
  },
  successThreshold: {
    type: 'integer',
    min: 1,
    max: 1000,
    default: DEFAULT_PROBE_RULES.successThreshold as number,
    doc: 'Consecutive successful probes after which an instance that was down is healthy.',
  },
} as const;

/** How much of the registry is kept. */
const TABLE_SETTINGS = {
  maxInstances: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: DEFAULT_TABLE_LIMITS.maxInstances as number,
    doc: 'Maximum instances in the table. A new one then takes the place of the one that has been down for longest, and is refused if none is down.',
  },
  maxPrefixes: {
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: DEFAULT_TABLE_LIMITS.maxPrefixes as number,
    doc: 'Maximum prefixes in the table. A new one then takes the place of one whose instances are gone or down, and is refused if there is none.',
  },
  forgetPrefixMs: {
    type: 'milliseconds',
    min: 0,
    default: DEFAULT_TABLE_LIMITS.forgetPrefixMs as number,
    doc: 'How long requests of a prefix receive 503 after its last instance has gone. Then they receive 404.',
  },
} as const;

/** Which instances are accepted, how they are probed, and what is kept of them. */
export const INSTANCE_SETTINGS = {
  allow: {
    type: 'list',
    format: ADDRESS_RANGE as typeof ADDRESS_RANGE,
    default: [],
    flag: '--allow <cidrs>',
    env: 'ROLLCALL_ALLOW',
    doc: 'Addresses or CIDRs at which instances are accepted. If empty, all are, except metadata services, and loopback unless the gateway listens on loopback itself.',
  },
  deny: {
    type: 'list',
    format: ADDRESS_RANGE as typeof ADDRESS_RANGE,
    default: [],
    flag: '--deny <cidrs>',
    env: 'ROLLCALL_DENY',
    doc: 'Addresses or CIDRs at which instances and configured upstreams are refused, even if they are allowed.',
  },
  instanceCa: {
    type: 'file',
    example: 'ca.pem',
    defaultIs: 'the authorities that Node trusts',
    doc: 'Certificate authorities, as PEM, of instances that speak TLS. A changed file is read again.',
  },
  instanceCert: {
    type: 'file',
    example: 'gateway.pem',
    doc: 'Certificate chain, as PEM, that the gateway shows to instances which ask for one. A changed file is read again.',
  },
  instanceKey: {
    type: 'file',
    example: 'gateway-key.pem',
    doc: 'Private key of `instanceCert`, as PEM.',
  },
  probes: {
    type: 'group',
    settings: PROBE_SETTINGS as typeof PROBE_SETTINGS,
    doc: 'How the gateway finds out whether an instance is healthy.',
  },
  table: {
    type: 'group',
    settings: TABLE_SETTINGS as typeof TABLE_SETTINGS,
    doc: 'How much of the registry the gateway keeps, and for how long.',
  },
  snapshot: {
    type: 'file',
    words: ['none'],
    defaultIs: 'a file in the state folder',
    example: 'table.snapshot',
    flag: '--snapshot <file>',
    env: 'ROLLCALL_SNAPSHOT',
    doc: 'File that keeps the last known table for the next start.',
  },
} as const;
