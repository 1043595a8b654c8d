import { expect, it } from 'vitest';
import { changedSettings } from '@rollcall/runtime/settings';
import type { Settings } from '@rollcall/runtime/settings';

const TABLE: Settings = {
  port: { type: 'port', doc: '' },
  hosts: { type: 'list', doc: '' },
  tls: {
    type: 'group',
    doc: '',
    settings: { cert: { type: 'file', doc: '' }, key: { type: 'file', doc: '' } },
  },
  routes: {
    type: 'map',
    doc: '',
    keys: { expected: '', parse: (text) => text },
    settings: { policy: { type: 'text', doc: '' } },
  },
};

it.each<[object, object, string[]]>([
  [{ port: 1 }, { port: 1 }, []],
  [{ port: 1, hosts: ['a'] }, { port: 2, hosts: ['a'] }, ['port']],
  [{ hosts: ['a'] }, { hosts: ['a', 'b'] }, ['hosts']],
  [{ tls: { cert: 'a', key: 'k' } }, { tls: { cert: 'b', key: 'k' } }, ['tls.cert']],
  [{}, { tls: { cert: 'b' } }, ['tls.cert']],
  [
    { routes: { '/v1': { policy: 'a' }, '/v2': {}, '/v3': {} } },
    { routes: { '/v1': { policy: 'b' }, '/v3': {}, '/v4': {} } },
    ['routes./v1', 'routes./v2', 'routes./v4'],
  ],
])('%j to %j has changed %j', (before, after, changed) => {
  expect(changedSettings(TABLE, before, after)).toEqual(changed);
});
