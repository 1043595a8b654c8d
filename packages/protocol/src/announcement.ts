import { parseAddress } from './address.ts';
import { parsePrefix } from './prefix.ts';
import { accept, quote, refuse } from './refusal.ts';
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
  readonly name?: string;
  /** The host name the instance gives itself. For people; nothing is resolved from it. */
  readonly host?: string;
  readonly health?: HealthCheck;
  /** Fields that this version gives no meaning to: kept, so that they survive being passed on. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'prefix',
  'port',
  'address',
  'id',
  'name',
  'host',
  'health',
]);
const MAX_TEXT_LENGTH = 255;

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
  const id = optional(input['id'], parseId);
  if (!id.ok) return id;
  const name = optional(input['name'], (value) => parseText(value, 'bad-name', 'name'));
  if (!name.ok) return name;
  const host = optional(input['host'], (value) => parseText(value, 'bad-host', 'host'));
  if (!host.ok) return host;
  const health = optional(input['health'], parseHealth);
  if (!health.ok) return health;

  const extra = Object.entries(input).filter(([field]) => !KNOWN_FIELDS.has(field));
  return accept({
    prefix: prefix.value,
    port: port.value,
    address: address.value,
    ...(id.value !== undefined && { id: id.value }),
    ...(name.value !== undefined && { name: name.value }),
    ...(host.value !== undefined && { host: host.value }),
    ...(health.value !== undefined && { health: health.value }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  });
}

/** The announcement as it goes over the channel. */
export function encodeAnnouncement(announcement: Announcement): Record<string, unknown> {
  const { extra, ...known } = announcement;
  return { ...extra, ...known };
}

/** What tells one instance from another: two programs cannot listen on one address and port. */
export function announcementKey(announcement: Announcement): string {
  return `${announcement.prefix} ${announcement.address} ${announcement.port}`;
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
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const printable = typeof input === 'string' && !/[\u0000-\u001f\u007f]/.test(input);
  if (printable && input.length > 0 && input.length <= MAX_TEXT_LENGTH) return accept(input);
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

function optional<T>(input: unknown, parse: (input: unknown) => Parsed<T>): Parsed<T | undefined> {
  return input === undefined || input === null ? accept(undefined) : parse(input);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
