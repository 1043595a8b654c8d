import { HASH_BY, isRecord, parsePrefix } from '@rollcall/protocol';
import * as v from 'valibot';
import { parseHashBy } from '../balancing/hash-key.ts';
import { POLICY_NAMES } from '../balancing/policies/registry.ts';
import type { FileConfig } from './config.ts';

const count = (min: number, max: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
const share = v.pipe(
  v.number('must be a number'),
  v.minValue(0, 'must be from 0 to 1'),
  v.maxValue(1, 'must be from 0 to 1'),
);
const text = v.pipe(v.string('must be a string'), v.nonEmpty('must not be empty'));
const list = v.array(text, 'must be a list of strings');
const strip = v.boolean('must be true or false');
/** A day: more is a mistake in the unit. */
const ms = count(0, 86_400_000);
/** No timer of a limit can be nothing. */
const limit = count(1, 86_400_000);
const port = count(0, 65_535);
/** A list would pass for an object without keys. */
const record = v.custom<Record<string, unknown>>(isRecord, 'must be an object');

const hashBy = v.pipe(
  text,
  v.regex(HASH_BY, 'must be "address", "header:NAME" or "cookie:NAME"'),
  v.transform(parseHashBy),
);

const balancing = partial({
  policy: v.picklist(POLICY_NAMES, `must be one of ${POLICY_NAMES.join(', ')}`),
  hashBy,
  maxInFlight: count(1, 1_000_000),
  slowStartMs: ms,
  zone: text,
});

const ejection = partial({
  consecutiveFailures: count(1, 1_000_000),
  failureRate: share,
  minRequests: count(1, 1_000_000),
  baseEjectionMs: limit,
  maxEjectionMs: limit,
  maxEjectedShare: share,
  panicThreshold: share,
});

const probes = partial({
  intervalMs: count(100, 86_400_000),
  timeoutMs: limit,
  failureThreshold: count(1, 1000),
  successThreshold: count(1, 1000),
});

const DESTINATIONS = ['off', 'stdout', 'stderr'] as const;

const accessLog = partial({
  to: v.picklist(DESTINATIONS, `must be one of ${DESTINATIONS.join(', ')}`),
  sample: share,
  includeQuery: v.boolean('must be true or false'),
});

const retries = partial({ share, perSecond: count(0, 1_000_000) });

const ROUTE_LIMITS = {
  bodyBytes: count(0, Number.MAX_SAFE_INTEGER),
  connectMs: limit,
  answerMs: limit,
  requestBodyMs: limit,
  answerBodyMs: limit,
  totalMs: limit,
};

const limits = partial({
  ...ROUTE_LIMITS,
  headBytes: count(1024, 1_048_576),
  headMs: limit,
  idleMs: limit,
  connectionsPerAddress: count(1, 10_000_000),
  idlePerInstance: count(0, 1_000_000),
  instanceIdleMs: limit,
});

const route = partial({ strip, balancing, ejection, retries, limits: partial(ROUTE_LIMITS) });

const prefix = v.pipe(
  text,
  v.check(
    (written) => parsePrefix(written).ok,
    (issue) => {
      const parsed = parsePrefix(issue.input);
      return parsed.ok ? '' : parsed.refusal.reason;
    },
  ),
  v.transform((written) => {
    const parsed = parsePrefix(written);
    return parsed.ok ? parsed.value : written;
  }),
);

const SETTINGS = {
  host: text,
  port,
  domain: text,
  allow: list,
  deny: list,
  trustedProxies: list,
  tls: known({ cert: text, key: text }),
  instanceCa: text,
  probes,
  adminHost: text,
  adminPort: port,
  adminTokenFile: text,
  snapshot: text,
  dnsPort: port,
  dnsDomain: text,
  dnsTtl: count(0, 86_400),
  xdsPort: port,
  workers: v.union([count(1, 256), v.literal('auto')], 'must be a whole number, or "auto"'),
  accessLog,
  strip,
  balancing,
  ejection,
  retries,
  limits,
  routes: v.pipe(record, v.record(prefix, route)),
};

/** What a configuration file may hold: times in milliseconds, all of it optional. */
export const configSchema = partial(SETTINGS) as v.GenericSchema<unknown, FileConfig>;

export const CONFIG_KEYS: readonly string[] = Object.keys(SETTINGS);

/** An object that may lack any of these, and has no others: one with a slip in its name would be ignored. */
function partial<const T extends v.ObjectEntries>(entries: T) {
  return v.pipe(record, v.partial(v.strictObject(entries, faultOf(entries))));
}

function known<const T extends v.ObjectEntries>(entries: T) {
  return v.pipe(record, v.strictObject(entries, faultOf(entries)));
}

function faultOf(entries: v.ObjectEntries) {
  return ({ expected }: { readonly expected: string | null }) =>
    expected === 'never'
      ? `is not known; there are ${Object.keys(entries).join(', ')}`
      : 'is missing';
}
