import { createHash } from 'node:crypto';

/** RFC 1035 §2.3.4. */
const MAX_LABEL = 63;

/**
 * Returns a name for each prefix that is valid in DNS, Consul, Traefik and xDS: one lower-case DNS label. It is the name
 * that the instances announce. If they announce different ones, or another prefix claims it too, it is made of the
 * prefix: `/shop/cart` is `shop-cart`. If two prefixes lead to the same name, both get a hash. The result does not
 * depend on any order, so all gateways agree on it.
 *
 * @param announced by prefix, the name that all its instances announce
 */
export function serviceNames(
  announced: ReadonlyMap<string, string | undefined>,
): Map<string, string> {
  const own = new Map([...announced.keys()].map((prefix) => [prefix, ownLabel(prefix)] as const));
  const wanted = new Map(
    [...announced].map(
      ([prefix, name]) => [prefix, name === undefined ? '' : label(name)] as const,
    ),
  );
  const owners = tally(own.values());
  const claimants = tally(wanted.values());
  const names = new Map<string, string>();
  for (const [prefix, ownName] of own) {
    const name = wanted.get(prefix) ?? '';
    // A name that is spelled like a prefix belongs to that prefix, even if others announce it.
    const isFree =
      claimants.get(name) === 1 && (owners.get(name) ?? 0) === Number(name === ownName);
    if (name !== '' && isFree) names.set(prefix, name);
    else names.set(prefix, owners.get(ownName) === 1 ? ownName : withHash(ownName, prefix));
  }
  return names;
}

function ownLabel(prefix: string): string {
  if (prefix === '') return 'root';
  return label(prefix) || withHash('prefix', prefix);
}

/** Has no double hyphen, unlike the names of {@link withHash}. */
function label(text: string): string {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, MAX_LABEL).replace(/-$/, '');
}

function withHash(name: string, prefix: string): string {
  const hash = createHash('sha256').update(prefix).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_LABEL - hash.length - 2)}--${hash}`;
}

function tally(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
