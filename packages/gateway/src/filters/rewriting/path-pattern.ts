/** A pattern that is refused, and why. */
export interface BadPattern {
  readonly ok: false;
  readonly reason: string;
}

export interface PathPattern {
  readonly ok: true;
  /** Matches whole paths of at most {@link MAX_PATH_LENGTH} characters. */
  readonly regexp: RegExp;
}

/** Longer paths do not match: together with {@link MAX_COST} this bounds the time that a match takes. */
export const MAX_PATH_LENGTH = 1024;

/** How many ways through a pattern a match may try: those of two unbounded repetitions and a few choices. */
const MAX_COST = MAX_PATH_LENGTH * MAX_PATH_LENGTH * 8;
const MAX_PATTERN_LENGTH = 256;

/** One piece of a pattern. */
const ATOM =
  /^(?:(?<open>\((?:\?:|\?<[A-Za-z]\w*>|(?!\?)))|(?<close>\))|(?<or>\|)|(?<any>\[\^?(?:\\[^A-Za-z0-9]|\\[dws]|[^\\\]])+\]|\\[dwsDWS]|\.)|(?<literal>\\[^A-Za-z0-9]|[^\\()[\]{}*+?|^$.]))/;
const QUANTIFIER =
  /^(?:(?<many>[*+])|(?<maybe>\?)|\{(?<min>\d{1,3})(?<upTo>,(?<max>\d{0,3}))?\})\??/;
/** A repeated class that excludes some characters, and one of these after it. */
const SEGMENT = /^\[\^(?<members>(?:\\[^A-Za-z0-9]|[^\\\]-])+)\]$/;
const NEXT_LITERAL = /^\)*(?<literal>\\[^A-Za-z0-9]|[^\\()[\]{}*+?|^$.])(?![*+?{])/;

/**
 * Compiles a regular expression for whole paths. JavaScript's matcher backtracks, so a careless pattern could be made
 * to take minutes. Such patterns are refused: a group may not be repeated, there are no look-arounds or
 * back-references, and at most two repetitions may overlap with what follows them.
 */
export function compilePath(pattern: string): PathPattern | BadPattern {
  if (pattern.length > MAX_PATTERN_LENGTH)
    return bad(`is longer than ${MAX_PATTERN_LENGTH} characters`);
  const inner = pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  const fault = costFault(inner);
  if (fault !== undefined) return bad(fault);
  try {
    return { ok: true, regexp: new RegExp(`^(?:${inner})$`) };
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error));
  }
}

/** Bounds the number of ways through a pattern by the product of those through its pieces. */
function costFault(pattern: string): string | undefined {
  let cost = 1;
  const branches = [1];
  for (let rest = pattern; rest !== '';) {
    const atom = ATOM.exec(rest);
    if (atom === null) return `uses "${rest.slice(0, 8)}", which is not supported`;
    rest = rest.slice(atom[0].length);
    const quantifier = QUANTIFIER.exec(rest);
    rest = rest.slice(quantifier?.[0].length ?? 0);
    const { open, close, or } = atom.groups ?? {};
    if (open !== undefined) branches.push(1);
    if (or !== undefined) branches.push((branches.pop() ?? 0) + 1);
    if (close !== undefined) cost *= branches.pop() ?? 1;
    if (quantifier === null) continue;
    const isMaybe = quantifier.groups?.['maybe'] !== undefined;
    if (close !== undefined && !isMaybe)
      return 'repeats a group, which can take very long: repeat a character class instead';
    cost *= isSegment(atom[0], rest) ? 1 : waysOf(quantifier.groups ?? {});
    if (cost > MAX_COST) return 'repeats too often: a path could be made to take very long';
  }
  return cost * (branches[0] ?? 1) > MAX_COST ? 'has too many alternatives' : undefined;
}

function waysOf({ many, maybe, min, upTo, max }: Partial<Record<string, string>>): number {
  if (maybe !== undefined) return 2;
  if (many !== undefined || max === '') return MAX_PATH_LENGTH;
  return upTo === undefined ? 1 : Math.max(1, Number(max) - Number(min) + 1);
}

/** Whether a repetition ends where the next character begins, as in `[^/]+/`: it matches in one way only. */
function isSegment(atom: string, rest: string): boolean {
  const members = SEGMENT.exec(atom)?.groups?.['members'] ?? '';
  const next = NEXT_LITERAL.exec(rest)?.groups?.['literal']?.at(-1);
  return next !== undefined && members.includes(next);
}

function bad(reason: string): BadPattern {
  return { ok: false, reason };
}
