import { describe, expect, it } from 'vitest';
import {
  defaultsOf,
  exampleOf,
  fixedChanges,
  helpOf,
  jsonSchema,
  reloading,
  resolveSettings,
  settingsTables,
} from '@rollcall/runtime/settings';
import { TABLE } from './table.ts';

describe('the help of a flag', () => {
  it('has what it does, its range, unit, default and variable', () => {
    expect(helpOf(TABLE.port)).toBe('port (0 to 65535; default: 1500; env: PORT)');
    expect(helpOf(TABLE.limits.settings.answerMs)).toBe(
      'time to answer (seconds, 1 to 86400; default: 5)',
    );
    expect(helpOf(TABLE.host)).toBe('address (default: 127.0.0.1)');
    expect(helpOf(TABLE.snapshot)).toBe('file (default: none)');
    expect(helpOf(TABLE.allow)).toBe('words (separated by commas; default: none)');
    expect(helpOf(TABLE.tls.settings.key)).toBe('key');
  });
});

describe('the tables of the documentation', () => {
  it('have a section for each group, without columns that are empty', () => {
    const tables = settingsTables(TABLE, '###');
    expect(tables).toContain(
      '| `port` | `--port` | `PORT` | 0 to 65535 | `1500` |  |  | Port. |\n',
    );
    expect(tables).toContain(
      [
        '### limits',
        '',
        'Limits.',
        '',
        '| setting | flag | type | default | reload | per route | meaning |',
        '| --- | --- | --- | --- | --- | --- | --- |',
        '| `limits.headBytes` |  | bytes, 1024 or more | no limit | yes |  | Size of a head. |',
        '| `limits.answerMs` | `--answer` | milliseconds, 1 to 86400000 | `5000` | yes | yes | Time to answer. |',
      ].join('\n'),
    );
    expect(tables).toContain('| `apps[].id` | string | required | Id. |');
  });
});

describe('the defaults', () => {
  it('fill in settings that are not set', () => {
    const { port, limits, routes, tls } = resolveSettings(TABLE, { limits: { answerMs: 1 } });
    expect({ port, limits, routes, tls }).toEqual({
      port: 1500,
      limits: { headBytes: Infinity, answerMs: 1 },
      routes: {},
      tls: undefined,
    });
    expect(defaultsOf(TABLE).strip).toBe(true);
  });
});

describe('the example', () => {
  it('has every default that JSON can hold', () => {
    expect(exampleOf(TABLE)).toMatchObject({ port: 1500, limits: { answerMs: 5000 } });
    expect(exampleOf(TABLE)).not.toHaveProperty('token');
    expect(exampleOf(TABLE)).not.toHaveProperty('limits.headBytes');
  });
});

describe('the JSON Schema', () => {
  it('has types, ranges, words and defaults', () => {
    const { properties, additionalProperties } = jsonSchema(TABLE, 'A table');
    expect(additionalProperties).toBe(false);
    expect(properties).toMatchObject({
      port: { type: 'integer', minimum: 0, maximum: 65_535, default: 1500, description: 'Port.' },
      workers: { anyOf: [{ type: 'integer', minimum: 1, maximum: 256 }, { enum: ['auto'] }] },
      tls: { type: 'object', required: ['cert', 'key'], additionalProperties: false },
      apps: { type: 'array', minItems: 1 },
      routes: {
        additionalProperties: { properties: { limits: { properties: { answerMs: {} } } } },
      },
    });
    expect(properties).not.toHaveProperty('token');
    expect(properties).not.toHaveProperty('limits.properties.headBytes.default');
  });
});

describe('what changes while a program runs', () => {
  it('is distinguished from what needs a restart', () => {
    const before = { port: 1, strip: true, limits: { answerMs: 1 }, tls: { cert: 'a', key: 'k' } };
    const after = { port: 2, strip: false, limits: { answerMs: 2 }, tls: { cert: 'b', key: 'k' } };
    expect(fixedChanges(TABLE, before, after)).toEqual(['port', 'tls.cert']);
    expect(Object.keys(reloading(TABLE))).toEqual(['strip', 'limits', 'routes']);
  });
});
