import { asFlag, asInteger } from './number.ts';
import type { NumberSetting, Setting, TextualSetting } from './setting.ts';

/** The help for the flag of a setting, such as "port to listen on (0 to 65535; default: 1500; env: PORT)". */
export function helpOf(given: TextualSetting): string {
  const setting = asFlag(given);
  const { doc, env, required } = setting;
  const facts = [
    ...typeInHelp(setting),
    ...(required ? [] : [`default: ${defaultOf(setting)}`]),
    ...(env === undefined ? [] : [`env: ${env}`]),
  ];
  const text = doc.replaceAll('`', '').replace(/\.$/, '');
  // In a list of options, as commander writes its own.
  const what = /^[A-Z][a-z ]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
  return facts.length === 0 ? what : `${what} (${facts.join('; ')})`;
}

/** What the word for the value does not say already. */
function typeInHelp(setting: TextualSetting): string[] {
  if (setting.type === 'list') return ['separated by commas'];
  return setting.type === 'text' || setting.type === 'file' ? [] : [typeOf(setting)];
}

/** What a setting takes, in a few words: "1 to 256, or auto". */
export function typeOf(setting: Setting): string {
  switch (setting.type) {
    case 'integer':
    case 'milliseconds':
    case 'port':
      return typeOfNumber(setting);
    case 'share':
      return '0 to 1';
    case 'boolean':
      return 'true or false';
    case 'text':
      return 'string';
    case 'file':
      return ['file', ...(setting.words ?? [])].join(' or ');
    case 'choice':
      return setting.words.join(', ');
    case 'list':
      return setting.words === undefined ? 'list' : `list of ${setting.words.join(', ')}`;
    case 'texts':
      return 'object of strings';
    case 'lists':
      return 'object of lists';
    case 'groups':
      return 'list of objects';
    case 'group':
    case 'map':
      return 'object';
  }
}

function typeOfNumber(setting: NumberSetting): string {
  const { min, max, unit, words = [] } = asInteger(setting);
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  return [unit === undefined ? range : `${unit}, ${range}`, ...words].join(' or ');
}

/** The default of a setting, in a few words. */
export function defaultOf(setting: Setting): string {
  if (setting.defaultIs !== undefined) return setting.defaultIs;
  if (setting.required) return 'required';
  const value = 'default' in setting ? setting.default : undefined;
  if (value === Infinity) return 'no limit';
  if (Array.isArray(value) && value.length > 0) return value.join(',');
  return value === undefined || typeof value === 'object' ? 'none' : String(value);
}
