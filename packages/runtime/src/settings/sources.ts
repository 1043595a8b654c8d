import { RollcallError } from '@rollcall/protocol';
import { checkSettings } from './check-settings.ts';
import { parseText } from './check-value.ts';
import { findSetting } from './find.ts';
import { flagName, optionName } from './flag.ts';
import { leavesOf } from './leaves.ts';
import { asFlag, fromFlag } from './number.ts';
import { nested, overlaid } from './overlay.ts';
import type { Setting, Settings, TextualSetting } from './setting.ts';
import type { Values } from './values.ts';

/** The values of one source, such as a file or the flags, and what is wrong with it: a line for each fault. */
export interface Layer {
  readonly values: Record<string, unknown>;
  readonly faults: readonly string[];
}

/**
 * Puts sources together: a later one takes precedence over those before it, setting by setting. The order of
 * all programs is file, variables, flags.
 *
 * @throws RollcallError ROLLCALL_CONFIG with all faults, a line each
 */
export function layered<G extends Settings>(settings: G, layers: readonly Layer[]): Values<G> {
  const { values, faults } = merged(layers);
  if (faults.length > 0) throw misconfigured(faults);
  const { faults: missing } = checkSettings(settings, values, { isFile: false });
  if (missing.length > 0) throw misconfigured(missing.map(({ message }) => message));
  return values as Values<G>;
}

/** @param options as commander gives them, by the camel-cased name of the flag */
export function fromFlags(settings: Settings, options: Readonly<Record<string, unknown>>): Layer {
  return merged(
    leavesOf(settings).map(({ path, setting }) => {
      const { flag } = setting;
      const given = flag === undefined ? undefined : options[optionName(flag)];
      // A flag that takes no value.
      const text = given === true ? 'true' : given;
      if (!isTextual(setting) || flag === undefined || typeof text !== 'string') return NOTHING;
      return fromText(flagName(flag), text, asFlag(setting), (value) =>
        nested(path, fromFlag(setting, value)),
      );
    }),
  );
}

/** An empty variable counts as unset. */
export function fromEnvironment(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
): Layer {
  return merged(
    leavesOf(settings).map(({ path, setting }) => {
      const text = setting.env === undefined ? undefined : env[setting.env];
      if (!isTextual(setting) || setting.env === undefined || !text) return NOTHING;
      return fromText(setting.env, text, setting, (value) => nested(path, value));
    }),
  );
}

/**
 * @param source the name of the source in messages, such as `--set`
 * @param assignments such as `limits.answerMs=1000`: text by the type of the setting, or JSON
 */
export function fromAssignments(
  settings: Settings,
  source: string,
  assignments: readonly string[],
): Layer {
  const { values, faults } = merged(assignments.map((each) => fromAssignment(settings, each)));
  return { values, faults: faults.map((fault) => `${source}: ${fault}`) };
}

const NOTHING: Layer = { values: {}, faults: [] };

function merged(layers: readonly Layer[]): Layer {
  return {
    values: layers.reduce<Record<string, unknown>>(
      (below, { values }) => overlaid(below, values),
      {},
    ),
    faults: layers.flatMap(({ faults }) => faults),
  };
}

/** @param name the name of the flag, variable or key in messages */
function fromText(
  name: string,
  text: string,
  setting: TextualSetting,
  placed: (value: unknown) => Record<string, unknown>,
): Layer {
  const checked = parseText(setting, text);
  if ('problem' in checked) return { values: {}, faults: [`${name} ${checked.problem}`] };
  return { values: placed(checked.value), faults: [] };
}

function fromAssignment(settings: Settings, assignment: string): Layer {
  const [, key = '', text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (text === undefined) {
    const given = JSON.stringify(assignment);
    return { values: {}, faults: [`${given} must be KEY=VALUE, such as limits.answerMs=1000`] };
  }
  const { path, setting } = findSetting(settings, key);
  const json = jsonOf(text);
  const { values, faults } =
    setting !== undefined && isTextual(setting) && !isQuoted(json)
      ? fromText(`\`${path.join('.')}\``, text, setting, (value) => nested(path, value))
      : { values: nested(path, json ?? text), faults: [] };
  if (faults.length > 0) return { values, faults };
  const checked = checkSettings(settings, values, { isWhole: false });
  return { values: checked.values, faults: checked.faults.map(({ message }) => message) };
}

/** Whether a text can give the value of a setting. */
export function isTextual(setting: Setting): setting is TextualSetting {
  return !['texts', 'lists', 'group', 'groups', 'map'].includes(setting.type);
}

/** Whether a value was written with the quotes or brackets of JSON, not as a bare word or number. */
function isQuoted(json: unknown): boolean {
  return typeof json === 'string' || (typeof json === 'object' && json !== null);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function misconfigured(faults: readonly string[]): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', faults.join('\n'));
}
