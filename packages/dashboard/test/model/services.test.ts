import type { ServiceView } from '@rollcall/gateway';
import { describe, expect, it } from 'vitest';
import { filterInstances, groupServices } from '../../src/model/services.ts';
import { instance } from '../instances.ts';

const { announcement } = instance();
const down = instance({ key: 'down', status: 'down', state: 'down', isRoutable: false });
const drained = instance({ key: 'drained', state: 'drained', isDrained: true, isRoutable: false });

const empty: ServiceView = {
  prefix: '/v1',
  names: [],
  instances: 0,
  healthy: 0,
  suspect: 0,
  down: 0,
  ejected: 0,
  draining: 0,
  drained: 0,
  routable: 0,
  isSuspect: false,
};

describe('the summary of a service', () => {
  it.each([
    ['1 of 1 instance receives traffic', 'good', { instances: 1, healthy: 1, routable: 1 }],
    ['2 of 2 instances receive traffic', 'good', { instances: 2, healthy: 2, routable: 2 }],
    ['1 of 2 instances receives traffic', 'warning', { instances: 2, healthy: 1, routable: 1 }],
    // One is drained: the operator wants it so.
    ['1 of 2 instances receives traffic', 'paused', { instances: 2, healthy: 2, routable: 1 }],
    ['0 of 2 instances receive traffic: requests get 503', 'bad', { instances: 2, down: 2 }],
    ['no instances: requests get 503', 'bad', {}],
    [
      '1 of 2 instances receives traffic, all suspect',
      'warning',
      { instances: 2, down: 1, routable: 1, isSuspect: true },
    ],
  ])('is "%s" in the tone %s', (summary, tone, fields) => {
    expect(groupServices([{ ...empty, ...fields }], [])).toMatchObject([{ summary, tone }]);
  });
});

it('instances are grouped by service, and services without instances are kept', () => {
  const groups = groupServices([empty, { ...empty, prefix: '/v9' }], [instance(), down]);
  expect(groups.map(({ prefix, instances }) => [prefix, instances.length])).toEqual([
    ['/v1', 2],
    ['/v9', 0],
  ]);
});

it('a service is down if all of its instances are, not only the ones that the filter shows', () => {
  const isDown = (instances: number, ...shown: (typeof down)[]) =>
    groupServices([{ ...empty, instances }], shown)[0]?.isDown;
  expect(isDown(0)).toBe(true);
  expect(isDown(1, down)).toBe(true);
  expect(isDown(1, { ...down, state: 'drained', isDrained: true })).toBe(true);
  expect(isDown(2, down)).toBe(false);
  expect(isDown(2, down, drained)).toBe(false);
});

it('the filter finds instances by address, name and state', () => {
  const orders = instance({
    key: 'b',
    announcement: { ...announcement, name: 'Orders', port: 77 },
  });
  const all = [orders, down, drained];
  expect(filterInstances(all, ' orders')).toEqual([orders]);
  expect(filterInstances(all, ':77')).toEqual([orders]);
  expect(filterInstances(all, 'drained')).toEqual([drained]);
  expect(filterInstances(all, '')).toBe(all);
  expect(filterInstances(all, 'nothing')).toEqual([]);
});
