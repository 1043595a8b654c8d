/** Decodes foreign text as JSON. Returns `undefined`, which is not a JSON value, for text that is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
