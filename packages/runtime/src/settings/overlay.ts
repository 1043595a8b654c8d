import { isRecord } from '@rollcall/protocol';

/** A value at a path, in objects of their own. */
export function nested(path: readonly string[], value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path;
  return { [first]: rest.length === 0 ? value : nested(rest, value) };
}

/** Values laid over others: of an object, only what is given; anything else whole. */
export function overlaid(
  below: Record<string, unknown>,
  above: Record<string, unknown>,
): Record<string, unknown> {
  const result = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    result[key] = isRecord(value) && isRecord(under) ? overlaid(under, value) : value;
  }
  return result;
}
