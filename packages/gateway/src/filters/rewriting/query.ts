/** Returns the values of a query parameter of a target, decoded. */
export function queryValues(target: string, name: string): string[] {
  return pairsOf(target)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => decoded(pair.slice(pair.indexOf('=') + 1)));
}

/** Returns a target without a query parameter. All others stay as they came. */
export function withoutQuery(target: string, name: string): string {
  const pairs = pairsOf(target);
  const kept = pairs.filter((pair) => nameOf(pair) !== name);
  if (kept.length === pairs.length) return target;
  const path = target.slice(0, target.indexOf('?'));
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function pairsOf(target: string): string[] {
  const question = target.indexOf('?');
  return question === -1 ? [] : target.slice(question + 1).split('&');
}

function nameOf(pair: string): string | undefined {
  const end = pair.indexOf('=');
  return end === -1 ? undefined : decoded(pair.slice(0, end));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
