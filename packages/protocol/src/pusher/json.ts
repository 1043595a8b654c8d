/** Decodes foreign text as JSON. Returns `undefined`, which is not a JSON value, for text that is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The source texts of the values of an object, by name. A value that is passed on is never written again from what was
 * parsed, because a number does not survive that: 1524831183200260097, 1.0 and 1e400 would become other ones.
 *
 * @param json valid JSON of an object
 */
export function memberTexts(json: string): ReadonlyMap<string, string> {
  const texts = topLevelTexts(json);
  const members = new Map<string, string>();
  // As for JSON.parse, the last member of a name counts.
  for (let at = 0; at + 1 < texts.length; at += 2) {
    members.set(String(JSON.parse(texts[at] ?? '""')), texts[at + 1] ?? 'null');
  }
  return members;
}

/**
 * The source texts of the items of a list.
 * @param json valid JSON of a list
 */
export function itemTexts(json: string): readonly string[] {
  return topLevelTexts(json).filter((text) => text !== '');
}

/** Splits an object or a list at the commas and colons between its brackets, and at none further in. */
function topLevelTexts(json: string): string[] {
  const texts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '"':
        at = endOfString(json, at);
        break;
      case '{':
      case '[':
        depth += 1;
        if (depth === 1) start = at + 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        if (depth === 0) texts.push(json.slice(start, at).trim());
        break;
      case ',':
      case ':':
        if (depth !== 1) break;
        texts.push(json.slice(start, at).trim());
        start = at + 1;
        break;
      default:
        break;
    }
  }
  return texts;
}

/** Returns where the string that opens at `at` closes. */
function endOfString(json: string, at: number): number {
  let end = at + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}
