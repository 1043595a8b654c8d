import { expected, quoted, shown } from './expected.ts';
import { asInteger } from './number.ts';
import type { ListSetting, NumberSetting, TextualSetting, ValueSetting } from './setting.ts';

/** A value in canonical form, or what is wrong with it as the end of a sentence: "is 0; it must be …". */
export type Checked = { readonly value: unknown } | { readonly problem: string };

/** Checks a value as it stands in a file of settings. */
export function checkValue(setting: ValueSetting, value: unknown): Checked {
  const valid = validOf(setting, value);
  if (valid !== undefined) return { value: valid };
  return { problem: problemOf(setting, value) };
}

function problemOf(setting: ValueSetting, value: unknown): string {
  const format = setting.type === 'text' ? setting.format : undefined;
  if (typeof value === 'string' && format?.problem !== undefined) return format.problem(value);
  return `is ${shown(setting, value)}; it must be ${expected(setting)}`;
}

/** Reads a value from the text of a flag or a variable. */
export function parseText(setting: TextualSetting, text: string): Checked {
  if (setting.type === 'list') return parseList(setting, text);
  const valid = validOf(setting, valueOf(setting, text));
  if (valid !== undefined) return { value: valid };
  const given = setting.isSecret ? 'invalid' : quoted(text);
  return { problem: `is ${given}; it must be ${expected(setting)}` };
}

/** What each string of a list must be. */
export function itemOf({ doc, format, words }: ListSetting): ValueSetting {
  if (words !== undefined) return { type: 'choice', words, doc };
  return { type: 'text', doc, ...(format !== undefined && { format }) };
}

/** The value in its canonical form; nothing if it is invalid. */
function validOf(setting: ValueSetting, value: unknown): unknown {
  // A default may be no value of JSON, such as Infinity.
  if (value !== undefined && Object.is(value, setting.default)) return value;
  switch (setting.type) {
    case 'integer':
    case 'milliseconds':
    case 'port':
      return isValidNumber(setting, value) ? value : undefined;
    case 'share':
      return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'text':
      if (typeof value !== 'string') return undefined;
      return setting.format === undefined ? value || undefined : setting.format.parse(value);
    case 'file':
      return typeof value === 'string' && value !== '' ? value : undefined;
    case 'choice':
      return setting.words.find((word) => word === value);
  }
}

function isValidNumber(setting: NumberSetting, value: unknown): boolean {
  const { min, max, words } = asInteger(setting);
  if (typeof value === 'string') return words?.includes(value) ?? false;
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

/** What a text says, in the type that the setting has. */
function valueOf(setting: ValueSetting, text: string): unknown {
  switch (setting.type) {
    case 'integer':
    case 'milliseconds':
    case 'port':
      return /^[0-9]{1,16}$/.test(text) ? Number(text) : text;
    case 'share':
      return /^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : text;
    case 'boolean':
      return setting.isTrueIfSet ? true : (BOOLEANS.get(text) ?? text);
    default:
      return text;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

function parseList(setting: ListSetting, text: string): Checked {
  const words = text.split(',').map((word) => word.trim());
  const item = itemOf(setting);
  const values: unknown[] = [];
  for (const word of words.filter((each) => each !== '')) {
    const checked = parseText(item, word);
    if ('problem' in checked)
      return { problem: `has the item ${quoted(word)}; it must be ${expected(item)}` };
    values.push(checked.value);
  }
  return { value: values };
}
