import { describe, expect, it } from 'vitest';
import { checkSettings } from '@rollcall/runtime/settings';
import { TABLE } from './table.ts';

function faultsOf(input: unknown): string[] {
  return checkSettings(TABLE, input).faults.map(({ message }) => message);
}

describe('values of a file', () => {
  it('are returned in canonical form', () => {
    const input = {
      $schema: './schema.json',
      port: 8443,
      workers: 'auto',
      snapshot: 'table',
      tls: { cert: 'c.pem', key: 'k.pem' },
      routes: { '/v1/': { limits: { answerMs: 50 } } },
    };
    const { values, faults } = checkSettings(TABLE, input, { locate: (file) => `/etc/${file}` });
    expect(faults).toEqual([]);
    expect(values).toEqual({
      port: 8443,
      workers: 'auto',
      snapshot: '/etc/table',
      tls: { cert: '/etc/c.pem', key: '/etc/k.pem' },
      routes: { '/v1': { limits: { answerMs: 50 } } },
    });
  });

  it('may be true or false for a group that can be turned off', () => {
    const enabled = { type: 'boolean', default: false, doc: 'Whether.' } as const;
    const size = { type: 'integer', min: 0, max: 9, default: 1, doc: 'Size.' } as const;
    const off = { type: 'group', settings: { enabled, size }, doc: 'Off by default.' } as const;
    const settings = { enabled: { ...enabled, default: true }, size };
    const table = { off, on: { type: 'group', settings, doc: 'On by default.' } } as const;
    const read = (input: unknown): unknown => checkSettings(table, input).values;
    expect(read({ off: true, on: false })).toEqual({
      off: { enabled: true },
      on: { enabled: false },
    });
    expect(read({ off: { size: 2 }, on: { size: 2 } })).toEqual({
      off: { enabled: true, size: 2 },
      on: { size: 2 },
    });
    expect(read({ off: { enabled: false, size: 2 } })).toEqual({
      off: { enabled: false, size: 2 },
    });
    const { faults } = checkSettings(table, { off: 'yes' });
    expect(faults.map(({ message }) => message)).toEqual([
      '`off` is a string; it must be true, false or an object',
    ]);
  });

  it('may be a word that does not name a file', () => {
    const { values } = checkSettings(TABLE, { snapshot: 'none' }, { locate: () => 'elsewhere' });
    expect(values).toEqual({ snapshot: 'none' });
  });

  it.each<[unknown, string]>([
    [[], 'the content is a list; it must be an object'],
    [{ limits: { anwserMs: 1 } }, 'unknown key `limits.anwserMs`: did you mean `answerMs`?'],
    [{ answerMs: 1 }, 'unknown key `answerMs`: did you mean `limits.answerMs`?'],
    [{ tls: { cert: 'c', key: 'k', x: 1 } }, 'unknown key `tls.x`; there are `cert`, `key`'],
    [
      { limits: { $schema: '' } },
      'unknown key `limits.$schema`; there are `headBytes`, `answerMs`',
    ],
    [{ port: 70_000 }, '`port` is 70000; it must be a whole number from 0 to 65535'],
    [{ port: '80' }, '`port` is a string; it must be a whole number from 0 to 65535'],
    [{ port: null }, '`port` is null; it must be a whole number from 0 to 65535'],
    [
      { limits: { answerMs: 1.5 } },
      '`limits.answerMs` is 1.5; it must be a whole number of milliseconds from 1 to 86400000',
    ],
    [
      { limits: { headBytes: 1 } },
      '`limits.headBytes` is 1; it must be a whole number of bytes, 1024 or more',
    ],
    [{ workers: 0 }, '`workers` is 0; it must be a whole number from 1 to 256, or "auto"'],
    [{ workers: 'all' }, '`workers` is "all"; it must be a whole number from 1 to 256, or "auto"'],
    [{ policy: 'next' }, '`policy` is "next"; it must be one of first, last'],
    [{ sample: 2 }, '`sample` is 2; it must be a number from 0 to 1'],
    [{ strip: 'no' }, '`strip` is a string; it must be true or false'],
    [{ host: '' }, '`host` is ""; it must be a string that is not empty'],
    [{ snapshot: 1 }, '`snapshot` is 1; it must be the name of a file, or "none"'],
    [{ allow: 'a' }, '`allow` is a string; it must be a list of strings'],
    [{ allow: [1] }, '`allow.0` is 1; it must be a string that is not empty'],
    [{ token: 'x' }, '`token` must not stand in a file: set TOKEN'],
    [{ tls: { cert: 'c' } }, '`tls.key` is missing'],
    [{ tls: [] }, '`tls` is a list; it must be an object'],
    [{ apps: [] }, '`apps` is a list; it must be a list of at least 1 objects'],
    [{ apps: [{}] }, '`apps.0.id` is missing'],
    [
      { apps: [{ id: 'i', secret: 7 }] },
      '`apps.0.secret` is invalid; it must be a string that is not empty',
    ],
    [{ apps: [{ id: 'i', events: ['c'] }] }, '`apps.0.events.0` is "c"; it must be one of a, b'],
    [{ names: { host: 'a' } }, '`names.host`: the key cannot be changed'],
    [{ names: { a: 'B' } }, '`names.a` is not a name'],
    [{ names: { a: 1 } }, '`names.a` is 1; it must be a name in lower case'],
    [{ names: [] }, '`names` is a list; it must be an object'],
    [{ routes: { v1: {} } }, '`routes.v1`: the key must be a path prefix such as /v1'],
    [{ routes: { '/v1': {}, '/v1/': {} } }, '`routes./v1/` is the same as `routes./v1`'],
    [
      { routes: { '/v1': { limits: { headBytes: 2048 } } } },
      'unknown key `routes./v1.limits.headBytes`: did you mean `limits.headBytes`?',
    ],
    [{ routes: [] }, '`routes` is a list; it must be an object'],
  ])('%j are refused with the reason', (input, fault) => {
    expect(faultsOf(input)).toEqual([fault]);
  });

  it('are refused with all faults at once', () => {
    expect(faultsOf({ prot: 1, workers: 0, limits: { answerMs: 0 } })).toHaveLength(3);
  });

  it('may hold names of what every object has without harm', () => {
    const input: unknown = JSON.parse('{"__proto__": {"port": 1}, "constructor": 1}');
    expect(faultsOf(input)).toHaveLength(2);
  });
});
