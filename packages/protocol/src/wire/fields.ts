import { accept, refuse } from './refusal.ts';
import { quote } from '../untrusted.ts';
import type { Parsed, RefusalCode } from './refusal.ts';

export function parseInteger(
  input: unknown,
  code: RefusalCode,
  field: string,
  min: number,
  max: number,
): Parsed<number> {
  if (Number.isInteger(input) && Number(input) >= min && Number(input) <= max) {
    return accept(Number(input));
  }
  return refuse(
    code,
    `${field} is ${quote(input)}; it must be a whole number from ${min} to ${max}`,
  );
}

/** How to read each field of an object, by name. */
type Fields = Readonly<Record<string, (input: unknown) => Parsed<unknown>>>;

/** Those of the fields that are there, or why the first bad one is refused. */
export function parseOptional(
  input: Record<string, unknown>,
  fields: Fields,
): Parsed<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [field, parse] of Object.entries(fields)) {
    const value = input[field];
    // null is how some languages write what is not there.
    if (value === undefined || value === null) continue;
    const parsed = parse(value);
    if (!parsed.ok) return parsed;
    values[field] = parsed.value;
  }
  return accept(values);
}
