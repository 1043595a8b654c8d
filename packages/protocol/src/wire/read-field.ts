import { isRecord, quote, UNPRINTABLE } from '../untrusted.ts';
import { parseAddress } from './address.ts';
import type { Field } from './field.ts';
import { parsePort } from './port.ts';
import { parsePrefix } from './prefix.ts';
import { accept, refuse } from './refusal.ts';
import type { Parsed, RefusalCode } from './refusal.ts';

/**
 * Reads the fields of an object that are in a list, and ignores others. Returns them in canonical form, or
 * why the first invalid one is refused.
 *
 * @param codeOf the code with which an object is refused whose field is invalid
 * @param path what stands before a field's name in the reason, such as `health.`
 */
export function readFields<F extends Field>(
  input: Readonly<Record<string, unknown>>,
  fields: readonly F[],
  codeOf: (field: F) => RefusalCode,
  path = '',
): Parsed<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = valueOf(input, field);
    if (value === undefined && field.isRequired !== true) {
      if (field.isFilledIn === true) values[field.name] = field.default;
      continue;
    }
    const parsed = readField(value, field, codeOf(field), path + field.name);
    if (!parsed.ok) return parsed;
    values[field.name] = parsed.value;
  }
  return accept(values);
}

/** The value of a field, under whichever of its names it is given. null counts as absent: some languages write that. */
function valueOf(
  input: Readonly<Record<string, unknown>>,
  { name, aliases, isRequired }: Field,
): unknown {
  for (const each of [name, ...(aliases ?? [])]) {
    const value = input[each];
    if (value !== undefined && value !== null) return value;
  }
  return isRequired === true ? input[name] : undefined;
}

function readField(input: unknown, field: Field, code: RefusalCode, path: string): Parsed<unknown> {
  function refused(expected: string): Parsed<never> {
    return refuse(code, `${path} is ${quote(input)}; it must be ${expected}`);
  }
  switch (field.type) {
    case 'prefix':
      return parsePrefix(input);
    case 'port':
      return parsePort(input);
    case 'address':
      return parseAddress(input);
    case 'boolean':
      return typeof input === 'boolean' ? accept(input) : refused('true or false');
    case 'integer': {
      const { min, max } = field;
      const isInRange = Number.isInteger(input) && Number(input) >= min && Number(input) <= max;
      return isInRange ? accept(input) : refused(`a whole number from ${min} to ${max}`);
    }
    case 'text':
      return isText(input, field.maxLength)
        ? accept(input)
        : refused(`1 to ${field.maxLength} printable characters`);
    case 'pattern':
      return typeof input === 'string' && isOfForm(input, field)
        ? accept(input)
        : refused(field.form);
    case 'choice':
      return field.values.some((each) => each === input)
        ? accept(input)
        : refused(`one of ${field.values.join(', ')}`);
    case 'strings':
      return readStrings(input, field.maxEntries, code, path);
    case 'object':
      if (isRecord(input)) return readFields(input, field.fields, () => code, `${path}.`);
      return refused('an object');
  }
}

function isOfForm(
  input: string,
  { pattern, maxLength = Infinity }: Extract<Field, { type: 'pattern' }>,
): boolean {
  return input.length <= maxLength && pattern.test(input);
}

function isText(input: unknown, maxLength: number): boolean {
  if (typeof input !== 'string' || input === '' || input.length > maxLength) return false;
  return !UNPRINTABLE.test(input);
}

function readStrings(
  input: unknown,
  maxEntries: number,
  code: RefusalCode,
  path: string,
): Parsed<Record<string, string>> {
  if (!isRecord(input))
    return refuse(code, `${path} is ${quote(input)}; it must be an object of strings`);
  const entries = Object.entries(input);
  if (entries.length > maxEntries)
    return refuse(code, `${path} has ${entries.length} entries; at most ${maxEntries} are allowed`);
  const strings: [string, string][] = [];
  for (const [key, value] of entries) {
    if (typeof value !== 'string')
      return refuse(code, `${path} has the value ${quote(value)}; each must be a string`);
    strings.push([key, value]);
  }
  return accept(Object.fromEntries(strings));
}
