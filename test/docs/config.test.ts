import { describe, expect, it } from 'vitest';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { exampleOf, readSettingsFile } from '@rollcall/runtime/settings';
import type { Setting, Settings } from '@rollcall/runtime/settings';
import { createProgram } from '../../packages/cli/src/program.ts';
import { REGISTRY_SETTINGS } from '../../packages/client/src/transport/registry-settings.ts';
import { blockOf, Scratch } from '../support/document.ts';

const FILE = 'docs/reference/config.md';
const TABLES = [
  ['gateway', GATEWAY_SETTINGS, '"workers"'],
  ['broker', BROKER_SETTINGS, '"apps"'],
] as const;

/** The fields that an entry of a table may have: a slip in one would be ignored. */
const FIELDS = new Set([
  'type',
  'doc',
  'default',
  'defaultIs',
  'example',
  'flag',
  'flagUnit',
  'env',
  'reloads',
  'perRoute',
  'required',
  'isSecret',
  'onlyByVariable',
  'isTrueIfSet',
  'min',
  'max',
  'minItems',
  'unit',
  'words',
  'format',
  'keys',
  'items',
  'values',
  'settings',
]);

function entriesOf(settings: Settings, prefix = ''): (readonly [name: string, entry: Setting])[] {
  return Object.entries(settings).flatMap(([key, entry]) => [
    [prefix + key, entry] as const,
    ...('settings' in entry ? entriesOf(entry.settings, `${prefix}${key}.`) : []),
  ]);
}

describe.each(TABLES)('the settings of the %s', (_program, settings, text) => {
  it(`have an example in ${FILE} that can be read, with every default`, () => {
    const scratch = new Scratch();
    const file = scratch.file('settings.json', blockOf(FILE, 'json', text));
    expect(readSettingsFile(file, settings).faults).toEqual([]);
    scratch.clear();
    expect(JSON.parse(blockOf(FILE, 'json', text))).toEqual(exampleOf(settings));
  });

  it.each(entriesOf(settings))('have a whole entry for %s', (_name, entry) => {
    expect(Object.keys(entry).filter((field) => !FIELDS.has(field))).toEqual([]);
    expect(entry.doc).toMatch(/^[A-Z0-9`].*\.$/);
  });

  it('have no flag and no variable twice', () => {
    const entries = entriesOf(settings).filter(([name]) => !name.startsWith('routes.'));
    for (const names of [
      entries.flatMap(([, { flag }]) => flag ?? []),
      entries.flatMap(([, { env }]) => env ?? []),
    ]) {
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('the settings of the registry', () => {
  it.each(entriesOf(REGISTRY_SETTINGS))('have a whole entry for %s', (_name, entry) => {
    expect(Object.keys(entry).filter((field) => !FIELDS.has(field))).toEqual([]);
    expect(entry.doc).toMatch(/^[A-Z0-9`].*\.$/);
  });

  it('are in the help of every command', () => {
    let help = '';
    createProgram()
      .configureOutput({ writeOut: (text) => (help += text) })
      .outputHelp();
    for (const { env } of Object.values(REGISTRY_SETTINGS)) expect(help).toContain(env);
  });
});
