import type { CreatePolicy } from './policy.ts';
import { twoChoices } from './two-choices.ts';

/** Takes, of two instances, the one with fewer requests in flight for its weight. */
export const leastRequest: CreatePolicy = ({ random, statsOf }) =>
  twoChoices(random, (instance) => {
    const { weight = 1 } = instance.announcement;
    return (statsOf(instance).inFlight + 1) / weight;
  });
