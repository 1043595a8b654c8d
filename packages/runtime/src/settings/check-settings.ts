import { isRecord } from '@rollcall/protocol';
import { checkValue, itemOf } from './check-value.ts';
import { expected, shown } from './expected.ts';
import { flagName } from './flag.ts';
import { leavesOf } from './leaves.ts';
import type {
  Format,
  GroupSetting,
  GroupsSetting,
  ListSetting,
  ListsSetting,
  MapSetting,
  Setting,
  Settings,
  TextsSetting,
  ValueSetting,
} from './setting.ts';
import { suggest } from './suggest.ts';

/** What is wrong with one value. */
export interface Fault {
  /** Where it stands: of an unknown key, that key; of a missing one, what lacks it. */
  readonly path: readonly string[];
  readonly message: string;
}

export interface CheckOptions {
  /** Whether a group that lacks a required setting is a fault. A single flag is not the whole. Default true. */
  readonly isWhole?: boolean;
  /** Whether the values stand in a file, where some secrets must not. Default true. */
  readonly isFile?: boolean;
  /** Where a file is that is named in the values. Default: as it is written. */
  readonly locate?: (file: string) => string;
}

export interface CheckedSettings {
  /** The valid ones, in canonical form. */
  readonly values: Record<string, unknown>;
  readonly faults: readonly Fault[];
}

/** Checks values against their table, and finds all faults at once. */
export function checkSettings(
  settings: Settings,
  input: unknown,
  options: CheckOptions = {},
): CheckedSettings {
  const check = new Check(settings, options);
  const values = check.group({ type: 'group', settings, doc: '' }, input, []);
  return { values: isRecord(values) ? values : {}, faults: check.faults };
}

class Check {
  readonly faults: Fault[] = [];
  readonly #table: Settings;
  readonly #isWhole: boolean;
  readonly #isFile: boolean;
  readonly #locate: (file: string) => string;

  constructor(
    table: Settings,
    { isWhole = true, isFile = true, locate = (file) => file }: CheckOptions,
  ) {
    this.#table = table;
    this.#isWhole = isWhole;
    this.#isFile = isFile;
    this.#locate = locate;
  }

  /** The value in canonical form, without what is invalid. */
  group(setting: GroupSetting, given: unknown, path: readonly string[]): unknown {
    const { settings } = setting;
    const input = withSwitch(settings, given);
    if (!isRecord(input)) return this.#invalid(setting, given, path);
    for (const key of Object.keys(input)) {
      const isKnown = Object.hasOwn(settings, key) || (path.length === 0 && key === '$schema');
      if (!isKnown) this.#unknown(settings, path, key);
    }
    const values: Record<string, unknown> = {};
    for (const [key, each] of Object.entries(settings)) {
      if (input[key] !== undefined) values[key] = this.#any(each, input[key], [...path, key]);
      else if (each.required && this.#isWhole) this.#missing(each, [...path, key]);
    }
    return values;
  }

  #any(setting: Setting, input: unknown, path: readonly string[]): unknown {
    if (setting.onlyByVariable && this.#isFile) {
      const instead = setting.env === undefined ? '' : `: set ${setting.env}`;
      return this.#fault(path, `${name(path)} must not stand in a file${instead}`);
    }
    if (setting.type === 'group') return this.group(setting, input, path);
    if (setting.type === 'map') return this.#map(setting, input, path);
    if (setting.type === 'groups') return this.#groups(setting, input, path);
    if (setting.type === 'list') return this.#list(setting, input, path);
    if (setting.type === 'texts') return this.#texts(setting, input, path);
    if (setting.type === 'lists') return this.#lists(setting, input, path);
    return this.#value(setting, input, path);
  }

  #value(setting: ValueSetting, input: unknown, path: readonly string[]): unknown {
    const checked = checkValue(setting, input);
    if ('problem' in checked) return this.#fault(path, `${name(path)} ${checked.problem}`);
    const { value } = checked;
    const isFile = setting.type === 'file' && !setting.words?.includes(String(value));
    return isFile ? this.#locate(String(value)) : value;
  }

  #list(setting: ListSetting, input: unknown, path: readonly string[]): unknown {
    if (!Array.isArray(input)) return this.#invalid(setting, input, path);
    const item = itemOf(setting);
    return input.map((each, index) => this.#value(item, each, [...path, String(index)]));
  }

  #texts(setting: TextsSetting, input: unknown, path: readonly string[]): unknown {
    if (!isRecord(input)) return this.#invalid(setting, input, path);
    const { keys, values: format, doc } = setting;
    const values: Record<string, unknown> = {};
    for (const [key, text] of Object.entries(input)) {
      const at = [...path, key];
      const checked = checkValue({ type: 'text', format: keys, doc }, key);
      if ('problem' in checked) this.#fault(at, `${name(at)}: the key ${checked.problem}`);
      else values[key] = this.#value({ type: 'text', format, doc }, text, at);
    }
    return values;
  }

  #lists(setting: ListsSetting, input: unknown, path: readonly string[]): unknown {
    if (!isRecord(input)) return this.#invalid(setting, input, path);
    const { keys, items: format, doc } = setting;
    const values: Record<string, unknown> = {};
    for (const [written, list] of Object.entries(input)) {
      const at = [...path, written];
      const key = this.#key(keys, at, values);
      if (key !== undefined) values[key] = this.#list({ type: 'list', format, doc }, list, at);
    }
    return values;
  }

  /** The last part of a path in canonical form, if it is valid and not given already. */
  #key(keys: Format, path: readonly string[], given: object): string | undefined {
    const key = keys.parse(path.at(-1) ?? '');
    if (key === undefined)
      return this.#fault(path, `${name(path)}: the key must be ${keys.expected}`);
    if (!Object.hasOwn(given, key)) return key;
    return this.#fault(path, `${name(path)} is the same as ${name([...path.slice(0, -1), key])}`);
  }

  #groups(setting: GroupsSetting, input: unknown, path: readonly string[]): unknown {
    const { settings, minItems = 0 } = setting;
    if (!Array.isArray(input) || input.length < minItems)
      return this.#invalid(setting, input, path);
    const group: GroupSetting = { ...setting, type: 'group', settings };
    return input.map((each, index) => this.group(group, each, [...path, String(index)]));
  }

  #map(
    { keys, settings, ...setting }: MapSetting,
    input: unknown,
    path: readonly string[],
  ): unknown {
    if (!isRecord(input)) return this.#invalid({ keys, settings, ...setting }, input, path);
    const values: Record<string, unknown> = {};
    for (const [written, item] of Object.entries(input)) {
      const at = [...path, written];
      const key = this.#key(keys, at, values);
      if (key !== undefined)
        values[key] = this.group({ ...setting, type: 'group', settings }, item, at);
    }
    return values;
  }

  #unknown(settings: Settings, path: readonly string[], key: string): void {
    const names = Object.keys(settings);
    const near = suggest(key, names);
    const elsewhere = leavesOf(this.#table).find((leaf) => leaf.path.at(-1) === key);
    const advice =
      near !== undefined
        ? `: did you mean \`${near}\`?`
        : elsewhere !== undefined
          ? `: did you mean ${name(elsewhere.path)}?`
          : `; there are ${names.map((each) => name([each])).join(', ')}`;
    this.#fault([...path, key], `unknown key ${name([...path, key])}${advice}`);
  }

  #missing({ flag }: Setting, path: readonly string[]): void {
    const advice = flag === undefined || this.#isFile ? '' : `: give ${flagName(flag)} too`;
    this.#fault(path.slice(0, -1), `${name(path)} is missing${advice}`);
  }

  #invalid(setting: Setting, input: unknown, path: readonly string[]): undefined {
    const what = path.length === 0 ? 'the content' : name(path);
    this.#fault(path, `${what} is ${shown(setting, input)}; it must be ${expected(setting)}`);
  }

  #fault(path: readonly string[], message: string): undefined {
    this.faults.push({ path, message });
  }
}

/**
 * Returns what a group with the setting `enabled` stands for: `true` and `false` set only that, and an object turns on what
 * is off by default.
 */
function withSwitch(settings: Settings, given: unknown): unknown {
  const { enabled } = settings;
  if (enabled?.type !== 'boolean') return given;
  if (typeof given === 'boolean') return { enabled: given };
  return isRecord(given) && enabled.default === false ? { enabled: true, ...given } : given;
}

function name(path: readonly string[]): string {
  return `\`${path.join('.')}\``;
}
