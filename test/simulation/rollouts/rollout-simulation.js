// A new version beside an old one in virtual time: requests at a rate that changes through the day, latencies with a long
// tail, failures, and now and then a second in which many requests fail or wait, whichever version they are for.
import { newLatencies, observeLatency } from '../../../packages/gateway/dist/rollout/latencies.js';
import { Rollout } from '../../../packages/gateway/dist/rollout/rollout.js';
import { randomFrom } from '../random.js';

/**
 * @typedef {object} Scenario
 * @property {number} perSecond requests
 * @property {number} failures share of requests that fail with the old version
 * @property {number} moreFailures added to that with the new version
 * @property {number} [badHost] share of requests that fail besides at one of the four instances of the new version
 * @property {number} slower how many times as long the new version takes
 * @property {number} medianMs
 * @property {number} tail the standard deviation of the logarithm of the latency: 0.3 is even, 1.2 is a long tail
 * @property {boolean} drifts whether rate, failures and latency change with time
 * @property {number} bursts the share of seconds that are bad for one of the two versions
 */

const STEP_MS = 30_000;
const HOURS = 4;

const there = (/** @type {string} */ version, /** @type {number} */ startedAt) => ({
  version,
  instances: 4,
  weight: 4,
  startedAt,
});

/**
 * Runs one rollout to its end.
 * @param {Scenario} scenario
 * @param {number} seed
 */
export function simulateRollout(scenario, seed) {
  const random = randomFrom(seed);
  // Of its own, so that the other numbers stay as they are.
  const randomHost = randomFrom(seed + 1_000_003);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const rollout = new Rollout({ stepMs: STEP_MS }, [], 0);
  rollout.update([there('1.4', 0)], 0);
  rollout.tick([], STEP_MS);
  rollout.update([there('1.4', 0), there('1.5', 1)], STEP_MS);
  let requests = 0;
  let ofNew = 0;
  for (let second = 1; second <= HOURS * 3600; second++) {
    const wave = scenario.drifts ? Math.sin(second / 300) : 0;
    const split = rollout.split;
    const share = split?.groups[1]?.share ?? 0;
    const arms = [0, 1].map(() => ({
      requests: 0,
      failures: 0,
      failedKeys: [],
      /** @type {Map<string, { requests: number, failures: number }>} */
      instances: new Map(),
      latencies: newLatencies(),
    }));
    const isBad = random() < scenario.bursts;
    const badFor = random() < 0.5 ? 0 : 1;
    const expected = scenario.perSecond * (1 + 0.5 * wave);
    const count = Math.floor(expected) + (random() < expected % 1 ? 1 : 0);
    for (let each = 0; each < count; each++) {
      const group = random() < share ? 1 : 0;
      const arm = arms[group];
      if (arm === undefined) continue;
      arm.requests++;
      const host = String(Math.floor(randomHost() * 4));
      const counts = arm.instances.get(host) ?? { requests: 0, failures: 0 };
      arm.instances.set(host, counts);
      counts.requests++;
      requests++;
      if (group === 1) ofNew++;
      const base = scenario.failures * (1 + wave);
      const ofHost = group === 1 && host === '0' ? (scenario.badHost ?? 0) : 0;
      const isBurst = isBad && group === badFor;
      if (
        random() <
        base + (group === 1 ? scenario.moreFailures : 0) + (isBurst ? 0.5 : 0) + ofHost
      ) {
        arm.failures++;
        counts.failures++;
        continue;
      }
      const factor = (1 + 0.5 * wave) * (group === 1 ? scenario.slower : 1) * (isBurst ? 5 : 1);
      observeLatency(
        arm.latencies,
        scenario.medianMs * factor * Math.exp(scenario.tail * normal()),
      );
    }
    const evidence = split === undefined ? [] : [{ epoch: split.epoch, arms }];
    for (const { version, type } of rollout.tick(evidence, STEP_MS + second * 1000))
      if (version === '1.5' && (type === 'held' || type === 'accepted'))
        return { verdict: type, seconds: second, requests, ofNew };
  }
  return { verdict: 'none', seconds: HOURS * 3600, requests, ofNew };
}
