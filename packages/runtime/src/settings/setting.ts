/** One setting of a program: everything that is known of it stands here and nowhere else. */
export type Setting =
  | TextualSetting
  | TextsSetting
  | ListsSetting
  | GroupSetting
  | GroupsSetting
  | MapSetting;

/** A setting that a text can give: on the command line, in a variable. */
export type TextualSetting = ValueSetting | ListSetting;

export type ValueSetting =
  | NumberSetting
  | ShareSetting
  | BooleanSetting
  | TextSetting
  | FileSetting
  | ChoiceSetting;

/** Settings by name, in the order in which people read of them. */
export type Settings = Readonly<Record<string, Setting>>;

interface SettingBase {
  /** What it does, in one sentence. */
  readonly doc: string;
  /** Its flag with a word for the value, such as `--port <port>`. Default: it has no flag. */
  readonly flag?: string;
  /** Its variable of the environment. Default: it has none. */
  readonly env?: string;
  /** Whether a change takes effect while the program runs; of a group, for all in it. Default: at the next start. */
  readonly reloads?: true;
  /** Whether a route may have a value of its own; of a group, for all in it. */
  readonly perRoute?: true;
  /** Whether its group is invalid without it. */
  readonly required?: true;
  /** Whether messages must not show it. */
  readonly isSecret?: true;
  /** Whether a file of settings, which others may read, must not hold it. */
  readonly onlyByVariable?: true;
  /** Describes the default in the documentation if it is not a single value. */
  readonly defaultIs?: string;
  /** A value for the example in the documentation if there is no default. */
  readonly example?: unknown;
}

export type NumberSetting = IntegerSetting | MillisecondsSetting | PortSetting;

export interface IntegerSetting extends SettingBase {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
  readonly unit?: 'milliseconds' | 'seconds' | 'bytes';
  readonly default?: number | string;
  /** Words that it may be instead of a number. */
  readonly words?: readonly string[];
}

/** A time: a whole number of milliseconds. */
interface MillisecondsSetting extends SettingBase {
  readonly type: 'milliseconds';
  /** Default 1, because a timer of nothing is none. */
  readonly min?: number;
  /** Default a day, because more is a mistake in the unit. */
  readonly max?: number;
  readonly default?: number;
  /** The unit of its flag. Default milliseconds. */
  readonly flagUnit?: 'seconds';
}

/** A port to listen on. 0 lets the system choose. */
interface PortSetting extends SettingBase {
  readonly type: 'port';
  readonly default?: number;
}

/** A number from 0 to 1. */
interface ShareSetting extends SettingBase {
  readonly type: 'share';
  readonly default?: number;
}

interface BooleanSetting extends SettingBase {
  readonly type: 'boolean';
  readonly default?: boolean;
  /** Whether any value of its variable means `true`. */
  readonly isTrueIfSet?: true;
}

interface TextSetting extends SettingBase {
  readonly type: 'text';
  readonly default?: string;
  readonly format?: Format;
}

/** The name of a file: in a file of settings it is relative to the folder of that. */
interface FileSetting extends SettingBase {
  readonly type: 'file';
  readonly default?: string;
  /** Words that do not name a file. */
  readonly words?: readonly string[];
}

interface ChoiceSetting extends SettingBase {
  readonly type: 'choice';
  readonly words: readonly string[];
  readonly default?: string;
}

/** A list of strings. On the command line and in a variable, they are separated by commas. */
export interface ListSetting extends SettingBase {
  readonly type: 'list';
  readonly format?: Format;
  /** The words that they may be. Default: any. */
  readonly words?: readonly string[];
  readonly default?: readonly string[];
}

/** Texts by name, such as the values of header fields by their names. */
export interface TextsSetting extends SettingBase {
  readonly type: 'texts';
  readonly keys: Format;
  readonly values: Format;
  readonly default?: Readonly<Record<string, string>>;
}

/** Lists of texts by name, such as the keys of each prefix. */
export interface ListsSetting extends SettingBase {
  readonly type: 'lists';
  readonly keys: Format;
  readonly items: Format;
  readonly default?: Readonly<Record<string, readonly string[]>>;
}

export interface GroupSetting extends SettingBase {
  readonly type: 'group';
  readonly settings: Settings;
}

/** A list of groups. */
export interface GroupsSetting extends SettingBase {
  readonly type: 'groups';
  readonly settings: Settings;
  /** Default 0. */
  readonly minItems?: number;
}

/** Settings for each of some keys, such as each prefix. */
export interface MapSetting extends SettingBase {
  readonly type: 'map';
  readonly keys: Format;
  readonly settings: Settings;
}

/** A text that must be in some form. */
export interface Format {
  /** What it must be, for people: "an IP address such as 127.0.0.1". */
  readonly expected: string;
  /** The text in its canonical form; nothing if it is not in this form. */
  parse(text: string): string | undefined;
  /** Returns what is wrong with an invalid text, as the end of a sentence. Default: by `expected`. */
  problem?(text: string): string;
}
