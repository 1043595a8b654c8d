import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '@rollcall/protocol';
import type { Setting, Settings } from './setting.ts';

/** The names of the settings that differ, without their values. Within a map they are named by its keys: `routes./v1`. */
export function changedSettings(settings: Settings, before: object, after: object): string[] {
  return Object.entries(settings).flatMap(([key, setting]) =>
    changesAt(key, setting, valueAt(before, key), valueAt(after, key)),
  );
}

function changesAt(path: string, setting: Setting, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [one, other] = [partsOf(before), partsOf(after)];
  if (setting.type === 'group' && (isRecord(before) || isRecord(after)))
    return Object.entries(setting.settings).flatMap(([key, each]) =>
      changesAt(`${path}.${key}`, each, one[key], other[key]),
    );
  if (setting.type !== 'map') return [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .filter((key) => !isDeepStrictEqual(one[key], other[key]))
    .map((key) => `${path}.${key}`);
}

function partsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function valueAt(values: object, key: string): unknown {
  return (values as Readonly<Record<string, unknown>>)[key];
}
