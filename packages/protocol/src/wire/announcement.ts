import { parseAddress } from './address.ts';
import { parseAnnouncedPolicy } from './announced-policy.ts';
import type { AnnouncedPolicy } from './announced-policy.ts';
import { isRecord, quote, UNPRINTABLE } from '../untrusted.ts';
import { parseInteger, parseOptional } from './fields.ts';
import { parsePrefix } from './prefix.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed, RefusalCode } from './refusal.ts';

/** How an observer may ask an instance whether it is well. */
export interface HealthCheck {
  /** Path and query on the instance itself, the gateway's prefix not included. */
  readonly path: string;
  readonly method: 'GET' | 'HEAD';
}

/** What an instance says of itself. `prefix`, `port` and `address` are all that is required. */
export interface Announcement {
  /** Canonical path prefix, `''` for every path: see {@link parsePrefix}. */
  readonly prefix: string;
  readonly port: number;
  /** Canonical IP address: see {@link parseAddress}. */
  readonly address: string;
  /** At most 64 of `A-Za-z0-9_.-`. */
  readonly id?: string;
  /**
   * Incarnation: which run of the instance with this `id` says so. A later run has a greater one.
   * Without it the announcement is legacy: told apart by prefix, address and port, ordered by arrival.
   */
  readonly inc?: number;
  /** Which version of its announcement, counted within the incarnation. 0 when left out. */
  readonly seq?: number;
  /** Seconds that this is good for unless it is repeated. Without it, forever. */
  readonly ttl?: number;
  readonly name?: string;
  /** The version of the service's software. For people. */
  readonly version?: string;
  /** The host name the instance gives itself. For people; nothing is resolved from it. */
  readonly host?: string;
  readonly zone?: string;
  /** Its share among the instances of its prefix, 1 to 100. 1 when left out. */
  readonly weight?: number;
  /** How it wants to be spoken to. `http` when left out. */
  readonly scheme?: 'http' | 'https';
  /** The instance is about to leave: send it nothing new. */
  readonly draining?: boolean;
  readonly health?: HealthCheck;
  readonly meta?: Readonly<Record<string, string>>;
  readonly policy?: AnnouncedPolicy;
  /** Fields that this version gives no meaning to: kept, so that they survive being passed on. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** How to read each optional field. */
const OPTIONAL_FIELDS = {
  id: parseId,
  inc: (input: unknown) => parseInteger(input, 'bad-inc', 'inc', 1, Number.MAX_SAFE_INTEGER),
  seq: (input: unknown) => parseInteger(input, 'bad-seq', 'seq', 0, Number.MAX_SAFE_INTEGER),
  ttl: (input: unknown) => parseInteger(input, 'bad-ttl', 'ttl', 1, MAX_TTL_SECONDS),
  name: (input: unknown) => parseText(input, 'bad-name', 'name'),
  version: (input: unknown) => parseText(input, 'bad-version', 'version'),
  host: (input: unknown) => parseText(input, 'bad-host', 'host'),
  zone: (input: unknown) => parseText(input, 'bad-zone', 'zone'),
  weight: (input: unknown) => parseInteger(input, 'bad-weight', 'weight', 1, 100),
  scheme: parseScheme,
  draining: parseDraining,
  health: parseHealth,
  meta: parseMeta,
  policy: parseAnnouncedPolicy,
};

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'prefix',
  'port',
  'address',
  ...Object.keys(OPTIONAL_FIELDS),
]);
/** Whoever walks an announcement may do so by recursion. 10 KB of brackets would be 5000 deep. */
const MAX_DEPTH = 16;
const MAX_TEXT_LENGTH = 255;
const MAX_TTL_SECONDS = 3600;
/** What a presence member's object may hold; an announcement with an id travels as one. */
const MAX_ENCODED_LENGTH = 1024;

/** Reads what came over the channel. Nothing of it is trusted; the first fault found refuses it whole. */
export function parseAnnouncement(input: unknown): Parsed<Announcement> {
  if (!isRecord(input)) {
    return refuse(
      'bad-announcement',
      `the announcement is ${quote(input)}; it must be an object {prefix, port, address}`,
    );
  }
  const prefix = parsePrefix(input['prefix']);
  if (!prefix.ok) return prefix;
  const port = parsePort(input['port']);
  if (!port.ok) return port;
  const address = parseAddress(input['address']);
  if (!address.ok) return address;

  const optional = parseOptional(input, OPTIONAL_FIELDS);
  if (!optional.ok) return optional;
  const fields = optional.value;
  // A version that does not count has one version only.
  if (fields['inc'] !== undefined) fields['seq'] ??= 0;
  if (isDeeperThan(MAX_DEPTH, input)) {
    return refuse('bad-announcement', `the announcement is nested more than ${MAX_DEPTH} deep`);
  }
  const extra = Object.entries(input).filter(([field]) => !KNOWN_FIELDS.has(field));
  const announcement: Announcement = {
    prefix: prefix.value,
    port: port.value,
    address: address.value,
    ...fields,
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
  return checkWhole(announcement);
}

/** The rules that hold between fields. */
function checkWhole(announcement: Announcement): Parsed<Announcement> {
  const { id, inc, seq } = announcement;
  if (inc !== undefined && id === undefined) {
    return refuse(
      'bad-inc',
      'inc is given without id; it counts the runs of the instance with that id',
    );
  }
  if (seq !== undefined && inc === undefined) {
    return refuse('bad-seq', 'seq is given without inc; it counts versions within an incarnation');
  }
  const length = utf8Length(JSON.stringify(encodeAnnouncement(announcement)));
  if (id !== undefined && length > MAX_ENCODED_LENGTH) {
    return refuse(
      'too-large',
      `the announcement has ${length} bytes as JSON; with an id at most ${MAX_ENCODED_LENGTH}`,
    );
  }
  return accept(announcement);
}

/** In bytes, which are what a broker limits. JSON has no lone surrogates: they are escaped in it. */
function utf8Length(json: string): number {
  return encodeURIComponent(json).replace(/%../g, '.').length;
}

/** The announcement as it goes over the channel. */
export function encodeAnnouncement(announcement: Announcement): Record<string, unknown> {
  const { extra, ...known } = announcement;
  return { ...extra, ...known };
}

/** A port as a number or, as services that pass `process.env.PORT` through send it, a string of digits. */
export function parsePort(input: unknown): Parsed<number> {
  const port = typeof input === 'string' && /^[0-9]{1,5}$/.test(input) ? Number(input) : input;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    return refuse('bad-port', `port is ${quote(input)}; it must be a whole number from 1 to 65535`);
  }
  return accept(port);
}

function parseId(input: unknown): Parsed<string> {
  if (typeof input === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(input)) return accept(input);
  return refuse('bad-id', `id is ${quote(input)}; it must be 1 to 64 of A-Z a-z 0-9 _ . -`);
}

function parseText(input: unknown, code: RefusalCode, field: string): Parsed<string> {
  const fits = typeof input === 'string' && input.length > 0 && input.length <= MAX_TEXT_LENGTH;
  if (fits && !UNPRINTABLE.test(input)) return accept(input);
  return refuse(
    code,
    `${field} is ${quote(input)}; it must be 1 to ${MAX_TEXT_LENGTH} printable characters`,
  );
}

function parseHealth(input: unknown): Parsed<HealthCheck> {
  if (!isRecord(input))
    return refuse('bad-health', `health is ${quote(input)}; it must be an object {path, method}`);
  // `endpoint` is the name that published services of the pattern use.
  const path = input['path'] ?? input['endpoint'];
  const method = input['method'] ?? 'GET';
  if (
    typeof path !== 'string' ||
    path.length > MAX_TEXT_LENGTH ||
    !/^\/[\x21\x24-\x7e]*$/.test(path)
  ) {
    return refuse(
      'bad-health',
      `health.path is ${quote(path)}; it must be a path such as "/health"`,
    );
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return refuse('bad-health', `health.method is ${quote(method)}; it must be "GET" or "HEAD"`);
  }
  return accept({ path, method });
}

function parseDraining(input: unknown): Parsed<boolean> {
  if (typeof input === 'boolean') return accept(input);
  return refuse('bad-draining', `draining is ${quote(input)}; it must be true or false`);
}

function parseScheme(input: unknown): Parsed<'http' | 'https'> {
  if (input === 'http' || input === 'https') return accept(input);
  return refuse('bad-scheme', `scheme is ${quote(input)}; it must be "http" or "https"`);
}

const MAX_META_ENTRIES = 32;

function parseMeta(input: unknown): Parsed<Record<string, string>> {
  if (!isRecord(input)) {
    return refuse('bad-meta', `meta is ${quote(input)}; it must be an object of strings`);
  }
  const entries = Object.entries(input);
  if (entries.length > MAX_META_ENTRIES) {
    return refuse('bad-meta', `meta has ${entries.length} entries; at most ${MAX_META_ENTRIES}`);
  }
  const meta: [string, string][] = [];
  for (const [key, value] of entries) {
    if (typeof value !== 'string') {
      return refuse('bad-meta', `meta has a value that is ${quote(value)}; each must be a string`);
    }
    meta.push([key, value]);
  }
  return accept(Object.fromEntries(meta));
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((part) => isDeeperThan(depth - 1, part));
}
