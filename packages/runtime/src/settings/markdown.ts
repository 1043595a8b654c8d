import { defaultOf, typeOf } from './describe.ts';
import { flagName } from './flag.ts';
import type { Setting, Settings } from './setting.ts';

interface Row {
  readonly name: string;
  readonly setting: Setting;
  readonly reloads: boolean;
  readonly perRoute: boolean;
}

const COLUMNS: readonly { readonly title: string; readonly cell: (row: Row) => string }[] = [
  { title: 'setting', cell: ({ name }) => `\`${name}\`` },
  { title: 'flag', cell: ({ setting: { flag } }) => (flag ? `\`${flagName(flag)}\`` : '') },
  { title: 'variable', cell: ({ setting: { env } }) => (env ? `\`${env}\`` : '') },
  { title: 'type', cell: ({ setting }) => typeOf(setting) },
  { title: 'default', cell: ({ setting }) => asCode(defaultOf(setting), setting) },
  { title: 'reload', cell: ({ reloads }) => (reloads ? 'yes' : '') },
  { title: 'per route', cell: ({ perRoute }) => (perRoute ? 'yes' : '') },
  { title: 'meaning', cell: ({ setting }) => setting.doc },
];

/**
 * The tables of settings for the documentation, in Markdown: one for the values at the top level, and a section for
 * each group and for what only the entries of a map have. A column that would be empty is left out.
 *
 * @param heading such as `###`, for the sections of groups
 * @param isFile whether a file may hold them: without one, the variables are their names
 */
export function settingsTables(settings: Settings, heading: string, isFile = true): string {
  return sectionsOf('', settings, { reloads: false, perRoute: false })
    .map(({ name, doc, rows }) =>
      [...(name === '' ? [] : [`${heading} ${name}`, '', doc, '']), ...tableOf(rows, isFile)].join(
        '\n',
      ),
    )
    .join('\n\n');
}

/** A default that can be written as it is. */
function asCode(text: string, setting: Setting): string {
  const { defaultIs } = setting;
  const isValue = 'default' in setting && setting.default !== Infinity && text !== 'none';
  return defaultIs === undefined && isValue ? `\`${text}\`` : text;
}

interface Section {
  readonly name: string;
  readonly doc: string;
  readonly rows: readonly Row[];
}

type Inherited = Pick<Row, 'reloads' | 'perRoute'>;

function sectionsOf(prefix: string, settings: Settings, inherited: Inherited, doc = ''): Section[] {
  const rows = Object.entries(settings).map(([key, setting]): Row => ({
    name: prefix === '' ? key : `${prefix}.${key}`,
    setting,
    reloads: inherited.reloads || setting.reloads === true,
    perRoute: inherited.perRoute || setting.perRoute === true,
  }));
  const nested = rows.flatMap((row): Section[] => {
    const { name, setting } = row;
    if (setting.type === 'group') return sectionsOf(name, setting.settings, row, setting.doc);
    if (setting.type === 'map')
      return sectionsOf(`${name}.KEY`, ownOf(setting.settings), row, setting.doc);
    if (setting.type !== 'groups') return [];
    return sectionsOf(`${name}[]`, setting.settings, row, setting.doc);
  });
  const own = rows.filter(({ setting }) => setting.type !== 'group');
  return [...(own.length === 0 ? [] : [{ name: prefix, doc, rows: own }]), ...nested];
}

/** The settings of a map, or of the groups in it, that do not stand in another table as settings of a route. */
function ownOf(settings: Settings): Settings {
  const entries = Object.entries(settings).flatMap(([key, setting]): [string, Setting][] => {
    if (setting.perRoute) return [];
    if (setting.type !== 'group' && setting.type !== 'groups') return [[key, setting]];
    const own = ownOf(setting.settings);
    return Object.keys(own).length === 0 ? [] : [[key, { ...setting, settings: own }]];
  });
  return Object.fromEntries(entries);
}

function tableOf(rows: readonly Row[], isFile: boolean): string[] {
  const columns = COLUMNS.filter(
    ({ title, cell }) => (isFile || title !== 'setting') && rows.some((row) => cell(row) !== ''),
  );
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ];
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}
