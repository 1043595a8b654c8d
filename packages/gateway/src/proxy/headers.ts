/** RFC 9110 §7.6.1: what belongs to one connection and must not be passed on. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Names that tell where a request came from. Nobody in front of the gateway is trusted to say so. */
const FORWARDED = /^(?:forwarded|x[-_]forwarded[-_].*|x[-_]real[-_]ip)$/;

export interface RequestFacts {
  readonly clientAddress: string;
  readonly localPort: number;
  readonly protocol: 'http' | 'https';
  /** The version of HTTP that the request came in. */
  readonly httpVersion: string;
  /** What this gateway is called in Via. */
  readonly pseudonym: string;
  /** The prefix that was stripped, `''` for none. */
  readonly prefix: string;
}

/**
 * The header fields for the instance, as a flat list of names and values. Host goes through
 * unchanged. What `Connection` names is taken out first and ours are added after, so that a client
 * cannot have ours removed by naming them there.
 */
export function requestHeaders(raw: readonly string[], facts: RequestFacts): string[] {
  const headers = endToEnd(raw, (name) => FORWARDED.test(name) || name === 'expect');
  const host = valueOf(raw, 'host') ?? '';
  headers.push(
    'x-forwarded-for',
    facts.clientAddress,
    'x-forwarded-port',
    String(facts.localPort),
    'x-forwarded-proto',
    facts.protocol,
    'x-forwarded-host',
    host,
    // RFC 9110 §7.6.3: a field of its own, after those that came, continues their list.
    'via',
    `${facts.httpVersion} ${facts.pseudonym}`,
  );
  if (facts.prefix !== '') headers.push('x-forwarded-prefix', facts.prefix);
  return headers;
}

/** RFC 9112 §3.2: a request with several could mean one host to us and another to the instance. */
export function hasSeveralHosts(raw: readonly string[]): boolean {
  let count = 0;
  for (const [name] of pairs(raw)) if (name.toLowerCase() === 'host') count++;
  return count > 1;
}

/** Whether a Via tells that the request has come through here before (RFC 9110 §7.6.3). */
export function cameThrough(via: string | undefined, pseudonym: string): boolean {
  if (via === undefined) return false;
  return via.split(',').some((each) => each.trim().split(/[ \t]+/)[1] === pseudonym);
}

/** The header fields for the client, as a flat list of names and values. */
export function responseHeaders(raw: readonly string[], status: number): string[] {
  // RFC 9110 §8.6: a 204 must not have a Content-Length.
  return endToEnd(raw, (name) => status === 204 && name === 'content-length');
}

function endToEnd(raw: readonly string[], dropped: (name: string) => boolean): string[] {
  const named = namedByConnection(raw);
  const kept: string[] = [];
  for (const [name, value] of pairs(raw)) {
    const lower = name.toLowerCase();
    // Connection may not take away what every message needs.
    const hop = HOP_BY_HOP.has(lower) || (named.has(lower) && !ESSENTIAL.has(lower));
    if (!hop && !dropped(lower)) kept.push(name, value);
  }
  return kept;
}

const ESSENTIAL: ReadonlySet<string> = new Set(['host', 'content-length']);

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [name, value] of pairs(raw)) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const option of value.split(',')) named.add(option.trim().toLowerCase());
  }
  return named;
}

function valueOf(raw: readonly string[], wanted: string): string | undefined {
  for (const [name, value] of pairs(raw)) if (name.toLowerCase() === wanted) return value;
  return undefined;
}

function* pairs(raw: readonly string[]): Generator<[name: string, value: string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? '', raw[at + 1] ?? ''];
}
