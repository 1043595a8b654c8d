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
  /** The prefix that was stripped, `''` for none. */
  readonly prefix: string;
  /** What stands for this gateway in Via. */
  readonly pseudonym: string;
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
  );
  // RFC 9110 §7.6.3: after those that came with the request, which stay where they are.
  headers.push('via', `1.1 ${facts.pseudonym}`);
  if (facts.prefix !== '') headers.push('x-forwarded-prefix', facts.prefix);
  return headers;
}

/** Whether a request has been through this gateway already: it is announced to itself, or to another in a ring. */
export function isLoop(raw: readonly string[], pseudonym: string): boolean {
  for (const [name, value] of pairs(raw)) {
    if (name.toLowerCase() === 'via' && value.includes(pseudonym)) return true;
  }
  return false;
}

/** RFC 9112 §3.2: one Host, no more and no less. */
export function hasOneHost(raw: readonly string[]): boolean {
  let count = 0;
  for (const [name] of pairs(raw)) if (name.toLowerCase() === 'host') count++;
  return count === 1;
}

/** The header fields for the client, as a flat list of names and values. */
export function responseHeaders(raw: readonly string[], status: number): string[] {
  // RFC 9110 §8.6: a 204 has no length, not even of nothing.
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
