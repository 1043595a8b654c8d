import { expect, it } from 'vitest';
import { rolloutRules } from '../../src/rollout/rules.ts';
import { routingSettings } from '../../src/settings/config.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';

const mirroredAt = (versions: NonNullable<RoutingConfig['versions']>, own?: object) =>
  rolloutRules(
    routingSettings({ versions, ...(own && { routes: { '/v1': { versions: own } } }) }),
    '/v1',
  )?.mirrored;

it('the rollout of a service does not compare the version that its route mirrors to', () => {
  expect(mirroredAt({})).toBe(undefined);
  expect(mirroredAt({ mirror: { version: '1.5' } })).toBe('1.5');
  expect(mirroredAt({}, { mirror: { version: '1.6' } })).toBe('1.6');
  expect(mirroredAt({ mirror: { version: '1.5' } }, { mirror: { maxInFlight: 1 } })).toBe('1.5');
  expect(mirroredAt({ mirror: { version: '1.5' } }, { mirror: { share: 0 } })).toBe(undefined);
});
