import type { CreatePolicy } from './policy.ts';
import { twoChoices } from './two-choices.ts';

/** Takes, of two instances, the one that responds sooner, given its requests in flight and its weight. */
export const latency: CreatePolicy = ({ random, statsOf }) =>
  twoChoices(random, (instance) => {
    const { weight = 1 } = instance.announcement;
    const stats = statsOf(instance);
    return (stats.latency * (stats.inFlight + 1)) / weight;
  });
