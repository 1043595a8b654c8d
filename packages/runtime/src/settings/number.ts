import type { IntegerSetting, NumberSetting, TextualSetting } from './setting.ts';

const DAY_MS = 86_400_000;

/** Any kind of whole number as an integer with its range. */
export function asInteger(setting: NumberSetting): IntegerSetting {
  if (setting.type === 'integer') return setting;
  const { type, ...rest } = setting;
  return type === 'port'
    ? { min: 0, max: 65_535, ...rest, type: 'integer' }
    : { min: 1, max: DAY_MS, unit: 'milliseconds', ...rest, type: 'integer' };
}

/** A setting as its flag takes it. */
export function asFlag(setting: TextualSetting): TextualSetting {
  if (setting.type !== 'milliseconds' || setting.flagUnit === undefined) return setting;
  const { min, max, default: given, ...rest } = asInteger(setting);
  return {
    ...rest,
    min: Math.ceil(min / 1000),
    max: Math.floor(max / 1000),
    unit: 'seconds',
    ...(typeof given === 'number' && { default: given / 1000 }),
  };
}

/** What the value of a flag is in a file of settings. */
export function fromFlag(setting: TextualSetting, value: unknown): unknown {
  const isSeconds = setting.type === 'milliseconds' && setting.flagUnit !== undefined;
  return isSeconds ? Number(value) * 1000 : value;
}
