import { asInteger } from './number.ts';
import type { NumberSetting, Setting } from './setting.ts';

/** What a value must be, for people: "a whole number of milliseconds from 1 to 86400000". */
export function expected(setting: Setting): string {
  switch (setting.type) {
    case 'integer':
    case 'milliseconds':
    case 'port':
      return expectedNumber(setting);
    case 'share':
      return 'a number from 0 to 1';
    case 'boolean':
      return 'true or false';
    case 'text':
      return setting.format?.expected ?? 'a string that is not empty';
    case 'file':
      return `the name of a file${orWords(setting.words)}`;
    case 'choice':
      return `one of ${setting.words.join(', ')}`;
    case 'list':
      return 'a list of strings';
    case 'groups':
      return `a list of ${setting.minItems === undefined ? '' : `at least ${setting.minItems} `}objects`;
    case 'group':
      return 'enabled' in setting.settings ? 'true, false or an object' : 'an object';
    case 'texts':
    case 'lists':
    case 'map':
      return 'an object';
  }
}

function expectedNumber(setting: NumberSetting): string {
  const { min, max, unit, words } = asInteger(setting);
  const number = unit === undefined ? 'a whole number' : `a whole number of ${unit}`;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  return `${number}${max === Number.MAX_SAFE_INTEGER ? ', ' : ' '}${range}${orWords(words)}`;
}

function orWords(words: readonly string[] = []): string {
  return words.map((word) => `, or "${word}"`).join('');
}

/** A value as a message may show it: a string only where one is expected, because anything else may be a secret. */
export function shown(setting: Setting, value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (setting.isSecret) return 'invalid';
  if (typeof value === 'string') return takesStrings(setting) ? quoted(value) : 'a string';
  return String(value);
}

function takesStrings(setting: Setting): boolean {
  return ['text', 'file', 'choice'].includes(setting.type) || 'words' in setting;
}

const MAX_SHOWN = 64;

export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
