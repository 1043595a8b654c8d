import type {
  GroupsSetting,
  ListsSetting,
  Setting,
  Settings,
  TextsSetting,
  TextualSetting,
} from './setting.ts';

/** A setting with a value, and where it stands in its table. */
export interface Leaf {
  readonly path: readonly string[];
  readonly setting: TextualSetting | TextsSetting | ListsSetting | GroupsSetting;
  /** Whether a change of it takes effect while the program runs. */
  readonly reloads: boolean;
}

/** All settings of a table that have values, in its order. Those within maps are not among them. */
export function leavesOf(settings: Settings): readonly Leaf[] {
  return Object.entries(settings).flatMap(([key, setting]) => leavesAt([key], setting, false));
}

function leavesAt(path: readonly string[], setting: Setting, isWithin: boolean): Leaf[] {
  const reloads = isWithin || setting.reloads === true;
  if (setting.type === 'map') return [];
  if (setting.type !== 'group') return [{ path, setting, reloads }];
  return Object.entries(setting.settings).flatMap(([key, each]) =>
    leavesAt([...path, key], each, reloads),
  );
}
