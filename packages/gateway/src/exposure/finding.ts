import type { ExposureFacts, ExposedGateway } from './facts.ts';

/**
 * What is gained by ending an exposure.
 * - `high`: others can take over or end the traffic of a service.
 * - `medium`: they need a place on the network for it, or they can read what belongs to others, or an outage is near.
 * - `low`: a second line of defence is missing.
 */
export type Severity = 'high' | 'medium' | 'low';

/** A way in which a deployment lets others read or change more than they need to. */
export interface Exposure {
  readonly severity: Severity;
  /** What was found, in a sentence for people. */
  readonly found: string;
  /** What to do, in a sentence for people. */
  readonly advice: string;
}

/** Returns the exposure that facts show, or undefined if they show none. */
export type ExposureRule = (facts: ExposureFacts) => Exposure | undefined;

/** A rule about what only a gateway knows. */
export function gatewayRule(
  rule: (gateway: ExposedGateway, facts: ExposureFacts) => Exposure | undefined,
): ExposureRule {
  return (facts) => facts.gateway && rule(facts.gateway, facts);
}

const MAX_NAMED = 5;

/** Such as `/v1, /v2 and 3 more`. */
export function named(all: readonly string[]): string {
  const names = all.slice(0, MAX_NAMED).map((each) => each || '/');
  const more = all.length - names.length;
  const last = more > 0 ? `${more} more` : (names.pop() ?? '');
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

/** Such as `1 instance` or `2 instances`. */
export function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}
