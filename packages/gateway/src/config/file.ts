import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isRecord, parsePrefix, RollcallError } from '@rollcall/protocol';
import * as v from 'valibot';
import type { GatewayConfig } from './config.ts';

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
/** A day: more is a mistake in the unit. */
const ms = count(0, 86_400_000);
/** No timer of a limit can be nothing. */
const limit = count(1, 86_400_000);
const port = count(0, 65_535);

const hashBy = v.pipe(
  text,
  v.regex(
    /^(?:address|(?:header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]+)$/,
    'must be "address", "header:NAME" or "cookie:NAME"',
  ),
  v.transform((by) => {
    const [type = '', name = ''] = by.split(':');
    return type === 'header' || type === 'cookie'
      ? ({ type, name } as const)
      : ({ type: 'address' } as const);
  }),
);

const POLICIES = ['round-robin', 'least-request', 'latency', 'hash'] as const;

const balancing = partial({
  policy: v.picklist(POLICIES, `must be one of ${POLICIES.join(', ')}`),
  hashBy,
  mostInFlight: count(1, 1_000_000),
  slowStartMs: ms,
  zone: text,
});

const ejection = partial({
  failuresInRow: count(1, 1_000_000),
  failureRate: share,
  rateOf: count(1, 1_000_000),
  baseMs: limit,
  mostMs: limit,
  mostShare: share,
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

const route = partial({ balancing, ejection, retries, limits: partial(ROUTE_LIMITS) });

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

const config = partial({
  host: text,
  port,
  domain: text,
  allow: list,
  deny: list,
  trustedProxies: list,
  tls: known({ cert: text, key: text }),
  instanceCa: text,
  adminHost: text,
  adminPort: port,
  adminTokenFile: text,
  snapshot: text,
  workers: v.union([count(1, 1024), v.literal('auto')], 'must be a whole number, or "auto"'),
  balancing,
  ejection,
  retries,
  limits,
  routes: v.record(prefix, route, 'must be an object of routes by prefix'),
});

/** An object that may lack any of these, and has no others: one with a slip in its name would be ignored. */
function partial<const T extends v.ObjectEntries>(entries: T) {
  return v.partial(known(entries));
}

function known<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, (issue) => {
    if (issue.expected === 'never')
      return `is not known; there are ${Object.keys(entries).join(', ')}`;
    return issue.expected === 'Object' ? 'must be an object' : 'is missing';
  });
}

/** What a configuration file may hold: docs/config.md. */
export interface FileConfig extends Omit<GatewayConfig, 'adminToken' | 'snapshotFile'> {
  /** A file that holds the token. */
  readonly adminTokenFile?: string;
  /** A file, or `none`. */
  readonly snapshot?: string;
}

/**
 * Reads a configuration from a JSON file, with the names of files from the folder that it is in.
 * @throws RollcallError ROLLCALL_CONFIG, in one line with the place of the first fault
 */
export function readConfigFile(file: string): FileConfig {
  const parsed = parseConfig(readJson(file), file);
  const { tls, instanceCa, adminTokenFile, snapshot } = parsed;
  const found = (path: string): string => resolve(dirname(file), path);
  return {
    ...parsed,
    ...(tls !== undefined && { tls: { cert: found(tls.cert), key: found(tls.key) } }),
    ...(instanceCa !== undefined && { instanceCa: found(instanceCa) }),
    ...(adminTokenFile !== undefined && { adminTokenFile: found(adminTokenFile) }),
    ...(snapshot !== undefined && { snapshot: snapshot === 'none' ? snapshot : found(snapshot) }),
  };
}

/** Settings laid over others: of what is an object only what is given, all else whole. */
export function layered(layers: readonly FileConfig[]): FileConfig {
  return layers.reduce<Record<string, unknown>>((below, above) => overlaid(below, above), {});
}

function overlaid(below: Record<string, unknown>, above: object): Record<string, unknown> {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    // What is told apart by a type is one value.
    const isWhole = !isRecord(value) || !isRecord(under) || 'type' in value;
    result[key] = isWhole ? value : overlaid(under, value);
  }
  return result;
}

/**
 * One setting of what a configuration file may hold, such as `limits.answerMs=1000`: the value is JSON, or
 * else text as it stands.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function parseSetting(setting: string): FileConfig {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
  if (path === undefined || value === undefined)
    throw misconfigured(
      `${JSON.stringify(setting)} must be KEY=VALUE, such as limits.answerMs=1000`,
    );
  const nested = path
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), jsonOrText(value));
  return parseConfig(nested, setting);
}

function parseConfig(input: unknown, source: string): FileConfig {
  const { success, output, issues } = v.safeParse(config, input, { abortEarly: true });
  if (success) return output as FileConfig;
  const [{ message }] = issues;
  const path = v.getDotPath(issues[0]);
  throw misconfigured(`${source}: ${path ?? 'it'} ${message}`);
}

function readJson(file: string): unknown {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw misconfigured(`${file} cannot be read: ${why}`, cause);
  }
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw misconfigured(
      `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}`,
      cause,
    );
  }
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function misconfigured(message: string, cause?: unknown): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message, { cause });
}
