import type { RequestView } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import type { WHEN_SETTINGS } from '../settings/cases.ts';

/** Whether a request fulfils the conditions of a case. */
export type Condition = (request: RequestView) => boolean;

/** Stands for any value. */
const ANY = '*';

/** Compiles the conditions of a case, of which all have to hold. */
export function compileWhen({
  methods,
  headers,
  query,
}: Resolved<typeof WHEN_SETTINGS>): Condition {
  const conditions: Condition[] = [];
  if (methods.length > 0) conditions.push(({ method }) => methods.includes(method));
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    conditions.push((request) => isMatch(request.field(lower), value));
  }
  const parameters = Object.entries(query);
  if (parameters.length > 0) conditions.push(({ target }) => hasParameters(target, parameters));
  return (request) => conditions.every((holds) => holds(request));
}

function isMatch(actual: string | undefined, expected: string): boolean {
  return actual !== undefined && (expected === ANY || actual === expected);
}

function hasParameters(
  target: string,
  parameters: readonly (readonly [string, string])[],
): boolean {
  const question = target.indexOf('?');
  if (question === -1) return false;
  const query = new URLSearchParams(target.slice(question + 1));
  return parameters.every(([name, value]) =>
    query.getAll(name).some((each) => isMatch(each, value)),
  );
}
