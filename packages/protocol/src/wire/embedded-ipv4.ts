import ipaddr from 'ipaddr.js';

/** Where an IPv6 range has an IPv4 address: the indexes of its four bytes, some of which may be stored inverted. */
interface Embedding {
  readonly range: [ipaddr.IPv6, number];
  readonly at: readonly [number, number, number, number];
  readonly isInverted?: boolean;
}

const LAST = [12, 13, 14, 15] as const;

const EMBEDDINGS: readonly Embedding[] = [
  // IPv4-compatible (RFC 4291), mapped, and translated (RFC 2765).
  { range: [ipaddr.IPv6.parse('::'), 96], at: LAST },
  { range: [ipaddr.IPv6.parse('::ffff:0:0'), 96], at: LAST },
  { range: [ipaddr.IPv6.parse('::ffff:0:0:0'), 96], at: LAST },
  // NAT64 (RFC 6052, RFC 8215): a prefix of 96 bits, or of 48 with byte 8 unused.
  { range: [ipaddr.IPv6.parse('64:ff9b::'), 96], at: LAST },
  { range: [ipaddr.IPv6.parse('64:ff9b:1::'), 48], at: LAST },
  { range: [ipaddr.IPv6.parse('64:ff9b:1::'), 48], at: [6, 7, 9, 10] },
  // 6to4 (RFC 3056), and Teredo (RFC 4380): its server, and its client, which is inverted.
  { range: [ipaddr.IPv6.parse('2002::'), 16], at: [2, 3, 4, 5] },
  { range: [ipaddr.IPv6.parse('2001::'), 32], at: [4, 5, 6, 7] },
  { range: [ipaddr.IPv6.parse('2001::'), 32], at: LAST, isInverted: true },
];

/** The interface identifiers of ISATAP (RFC 5214), in the two groups before the IPv4 address. */
const ISATAP: ReadonlySet<string> = new Set(['0:5efe', '200:5efe']);

/** The IPv4 addresses that an IPv6 address may lead to, because a gateway of the network translates it. */
export function embeddedIPv4(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4[] {
  if (address instanceof ipaddr.IPv4) return [];
  const bytes = address.toByteArray();
  const found = EMBEDDINGS.filter(({ range }) => address.match(range)).map(({ at, isInverted }) =>
    at.map((index) => (bytes[index] ?? 0) ^ (isInverted === true ? 0xff : 0)),
  );
  const [before = 0, last = 0] = address.parts.slice(4, 6);
  if (ISATAP.has(`${before.toString(16)}:${last.toString(16)}`)) found.push(bytes.slice(12));
  return found.map((octets) => new ipaddr.IPv4(octets));
}
