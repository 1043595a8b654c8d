import { OwnersByPrefix } from '@rollcall/protocol';
import { ownershipOf } from '../settings/owners.ts';
import { counted, gatewayRule, named } from './finding.ts';
import type { ExposureRule } from './finding.ts';
import { prefixesOf } from './registry-rules.ts';

const DAY_MS = 86_400_000;
/** Time to give the services another key, and to restart them. */
const SOON_MS = 14 * DAY_MS;

const GUIDE = 'docs/guides/service-keys.md shows how without an outage';

export const unownedAllowed: ExposureRule = gatewayRule(({ config }, { announcements }) => {
  if (config.unowned === 'refuse') return undefined;
  const owners = new OwnersByPrefix(ownershipOf(config).owners);
  const unowned = prefixesOf(announcements).filter((prefix) => owners.of(prefix) === undefined);
  if (unowned.length === 0)
    return {
      severity: 'low',
      found:
        "every program with the app's secret can announce prefixes that `owners` does not name",
      advice: 'set "unowned": "refuse"',
    };
  return {
    severity: 'high',
    found: `${named(unowned)} ${unowned.length === 1 ? 'has' : 'have'} no owners: every program with the app's secret can announce instances there, and withdraw the ones there are`,
    advice: `make a key for each service with rollcall keys create; ${GUIDE}`,
  };
});

export const ownershipReported: ExposureRule = gatewayRule(({ config, unproven }) => {
  const isSet = config.unowned === 'refuse' || Object.keys(config.owners).length > 0;
  if (config.ownership === 'enforce' || !isSet) return undefined;
  return {
    severity: 'high',
    found: `ownership is only reported, so that every prefix can be announced without a key; ${unproven === 0 ? 'no instance' : counted(unproven, 'instance')} would be refused if it was enforced`,
    advice:
      unproven === 0
        ? 'remove `ownership` from the configuration'
        : 'give their services a key of an owner, and then remove `ownership` from the configuration',
  };
});

export const expiringKeys: ExposureRule = gatewayRule(({ config }, { now }) => {
  const ends = Object.entries(ownershipOf(config).owners)
    .map(([prefix, keys]) => ({
      prefix,
      until: Math.max(...keys.map(({ until = Infinity }) => until)),
    }))
    .filter(({ until }) => until - now < SOON_MS)
    .toSorted((one, other) => one.until - other.until);
  const [first] = ends;
  if (first === undefined) return undefined;
  const left = first.until - now;
  const when =
    left <= 0 ? 'has expired' : `expires in ${counted(Math.floor(left / DAY_MS), 'day')}`;
  const others =
    ends.length === 1
      ? ''
      : `, and that of ${named(ends.slice(1).map(({ prefix }) => prefix))} soon`;
  return {
    severity: left <= 0 ? 'high' : 'medium',
    found: `the last key of ${first.prefix} ${when}${others}; instances without a valid key are refused`,
    advice: `rollcall keys rotate --prefix ${first.prefix} --config FILE, and restart its services with the new key`,
  };
});
