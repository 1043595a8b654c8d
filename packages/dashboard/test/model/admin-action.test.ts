import { expect, it } from 'vitest';
import { forgetInstance, forgetService, toggleDrain } from '../../src/model/admin-action.ts';
import { instance } from '../instances.ts';

it('drains an instance, and undrains one that is drained', () => {
  expect(toggleDrain(instance())).toMatchObject({
    label: 'Drain',
    target: '10.0.0.1:1',
    path: 'api/instances/a/drain',
  });
  expect(toggleDrain(instance({ isDrained: true }))).toMatchObject({
    label: 'Undrain',
    path: 'api/instances/a/undrain',
  });
});

it('forgets an instance by its key, and that of a legacy instance has slashes and spaces', () => {
  expect(forgetInstance(instance({ key: '/v1 10.0.0.1 1' }))).toMatchObject({
    label: 'Forget',
    target: '10.0.0.1:1',
    path: 'api/instances/%2Fv1%2010.0.0.1%201/forget',
  });
});

it('forgets a service by its prefix, of which the root is a slash', () => {
  expect(forgetService('/v1').path).toBe('api/services/forget?prefix=%2Fv1');
  expect(forgetService('')).toMatchObject({
    target: '/',
    path: 'api/services/forget?prefix=%2F',
  });
});
