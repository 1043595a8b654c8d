import { expect, it } from 'vitest';
import { targetGroups } from '../../src/catalog/http-sd.ts';
import { catalogOf, LiveTable } from './live-table.ts';

function groups(fill: (table: LiveTable) => void) {
  const table = new LiveTable();
  fill(table);
  return targetGroups(catalogOf(table, () => 1).services());
}

it('lists every instance with its address and state', () => {
  const [up, down] = groups((table) => {
    table.say('a', { address: 'fd00::1', port: 3000, scheme: 'https', version: '1.2', zone: 'z' });
    table.say('b');
    table.probed('b', 'refused');
  });
  expect(up).toEqual({
    targets: ['[fd00::1]:3000'],
    labels: {
      __scheme__: 'https',
      __meta_rollcall_service: 'v1',
      __meta_rollcall_prefix: '/v1',
      __meta_rollcall_id: 'a',
      __meta_rollcall_health: 'passing',
      __meta_rollcall_state: 'healthy',
      __meta_rollcall_scheme: 'https',
      __meta_rollcall_version: '1.2',
      __meta_rollcall_weight: '1',
      __meta_rollcall_zone: 'z',
    },
  });
  expect(down).toMatchObject({
    targets: ['10.0.0.1:80'],
    labels: { __scheme__: 'http', __meta_rollcall_health: 'critical' },
  });
});

it('turns the keys of meta into distinct labels', () => {
  const [group] = groups((table) =>
    table.say('a', { meta: { 'a-b': 'changed', a_b: 'as it is', 'ä.b': 'other', id: 'mine' } }),
  );
  expect(group?.labels).toMatchObject({
    __meta_rollcall_id: 'a',
    __meta_rollcall_meta_id: 'mine',
    __meta_rollcall_meta_a_b: 'as it is',
    __meta_rollcall_meta___b: 'other',
  });
});
