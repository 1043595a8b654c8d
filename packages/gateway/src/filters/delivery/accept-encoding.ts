const ITEM = /^\s*(?<name>[^\s;]+)\s*(?:;\s*q\s*=\s*(?<q>[01](?:\.[0-9]{0,3})?)\s*)?$/i;

/**
 * Returns the content coding that a client prefers, and the first of several that it likes alike (RFC 9110 §12.5.3);
 * undefined if it prefers none of them to a response without a coding.
 *
 * @param accepted the value of Accept-Encoding; without the field, a client accepts none
 * @param offered in the order of the gateway's preference
 */
export function chooseEncoding<E extends string>(
  accepted: string | undefined,
  offered: readonly E[],
): E | undefined {
  if (accepted === undefined) return undefined;
  const weights = weightsOf(accepted);
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const best = Math.max(...offered.map(weightOf));
  const isWanted = best > 0 && best >= (weights.get('identity') ?? 0);
  return isWanted ? offered.find((each) => weightOf(each) === best) : undefined;
}

function weightsOf(accepted: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const item of accepted.toLowerCase().split(',')) {
    const { name = '', q = '1' } = ITEM.exec(item)?.groups ?? {};
    // RFC 9110 §8.4.1.3: an alias.
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, Number(q));
  }
  return weights;
}
