import { hash } from './hash.ts';
import { latency } from './latency.ts';
import { leastRequest } from './least-request.ts';
import type { CreatePolicy } from './policy.ts';
import { roundRobin } from './round-robin.ts';

export type PolicyName = 'round-robin' | 'least-request' | 'latency' | 'hash';

/** Every balancing policy, by the name it has in configuration. */
export const POLICIES: Readonly<Record<PolicyName, CreatePolicy>> = {
  'round-robin': roundRobin,
  'least-request': leastRequest,
  latency,
  hash,
};

export const POLICY_NAMES: readonly PolicyName[] = Object.keys(POLICIES) as PolicyName[];
