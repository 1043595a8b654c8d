/** A path without any of these is read in the same way by all instances. */
const AMBIGUOUS = /[%\\;]|\/[/.]/;

/** What some instances read as `/`. */
const SLASHES = [/%2f/gi, /%5c/gi, /\\/g];
/** What some instances leave away: parameters, and what is behind a NUL. */
const PARAMETERS = /(?:;|%00)[^/]*/g;
/** Printable characters, except the slashes, and `%` itself, which would be decoded twice. */
const ENCODED = /%(?!2f|5c|25)[2-7][0-9a-f]/gi;

/**
 * Returns the paths that instances may read in place of that of a target: with dot segments resolved, slashes merged, and
 * characters decoded; and that with `\` and encoded slashes as `/`, and without parameters. Each is a reading by itself,
 * because a segment more is also one more that `..` takes back.
 */
export function otherReadings(target: string): Iterable<string> {
  if (!AMBIGUOUS.test(target)) return [];
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return AMBIGUOUS.test(path) ? readings(path) : [];
}

function readings(path: string): Set<string> {
  let forms = [path.replace(ENCODED, decode)];
  for (const slash of SLASHES) forms = withReplaced(forms, slash, '/');
  forms = withReplaced(forms, PARAMETERS, '');
  // Merged before or after `..` is resolved.
  forms = withReplaced(forms, /\/{2,}/g, '/');
  return new Set(forms.map(resolved));
}

function withReplaced(forms: readonly string[], found: RegExp, by: string): string[] {
  return forms.flatMap((form) => {
    const other = form.replace(found, by);
    return other === form ? [form] : [form, other];
  });
}

/** RFC 3986 §5.2.4, and without empty segments. */
function resolved(path: string): string {
  const kept: string[] = [];
  for (const segment of path.slice(1).split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.filter((each) => each !== '').join('/')}`;
}

function decode(code: string): string {
  return String.fromCharCode(Number.parseInt(code.slice(1), 16));
}
