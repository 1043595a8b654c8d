/** Foreign text as JSON; `undefined`, which is no JSON value, if it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
