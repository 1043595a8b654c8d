import { byGain, exposureOf } from '@rollcall/gateway';
import type { ExposureFacts, ExposureFinding } from '@rollcall/gateway';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const exposure = check('exposure');

/**
 * How exposed the deployment is: as its gateway finds, and as this machine does.
 * @param atGateway undefined if no gateway answers
 * @param here what this machine knows
 */
export function judgeExposure(
  atGateway: readonly ExposureFinding[] | undefined,
  here: ExposureFacts,
): Finding[] {
  // The gateway knows better than this machine which instances are on other machines.
  const found = exposureOf(atGateway === undefined ? here : { ...here, announcements: [] });
  const all = new Map([...found, ...(atGateway ?? [])].map((each) => [each.code, each]));
  if (all.size === 0)
    return [
      exposure.ok(
        atGateway === undefined
          ? 'none found, without the settings of a gateway'
          : 'none found, here and at the gateway',
      ),
    ];
  return [...all.values()]
    .toSorted(byGain)
    .map(({ code, severity, found: what, advice }) =>
      exposure.warn(`${severity}: ${what} (${code})`, advice),
    );
}
