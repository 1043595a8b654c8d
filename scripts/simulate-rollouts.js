// Simulates rollouts, and prints how often a verdict is wrong: `npm run simulate:rollouts -- --seeds 1000`.
import { parseArgs } from 'node:util';
import { simulateRollout } from '../test/simulation/rollouts/rollout-simulation.js';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, from: { type: 'string', default: '1' } },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];

const VERSIONS = {
  'as good': { moreFailures: 0, slower: 1 },
  '3 % more fail': { moreFailures: 0.03, slower: 1 },
  '30 % slower': { moreFailures: 0, slower: 1.3 },
};
const USUAL = { perSecond: 100, failures: 0.01, medianMs: 20, tail: 0.8, drifts: true, bursts: 0 };
const CONDITIONS = {
  usual: {},
  'no failures before': { failures: 0 },
  '5 % fail before': { failures: 0.05 },
  'even latencies': { tail: 0.3 },
  'long tail': { tail: 1.2 },
  '10 requests a second': { perSecond: 10 },
  '1 request a second': { perSecond: 1 },
  '1000 requests a second': { perSecond: 1000 },
  'bad seconds': { bursts: 0.005 },
};

console.log(
  '| conditions | new version | held back | accepted | requests to it until then (median, p95) | minutes (median) |',
);
console.log('|---|---|---|---|---|---|');
for (const [name, conditions] of Object.entries(CONDITIONS))
  for (const [version, change] of Object.entries(VERSIONS)) {
    const runs = Array.from({ length: seeds }, (_, index) =>
      simulateRollout({ ...USUAL, ...conditions, ...change }, from + index),
    );
    const share = (/** @type {string} */ verdict) =>
      `${((100 * runs.filter((run) => run.verdict === verdict).length) / seeds).toFixed(1)} %`;
    const at = (/** @type {number[]} */ numbers, /** @type {number} */ part) =>
      numbers.toSorted((a, b) => a - b)[Math.floor(part * (seeds - 1))] ?? 0;
    const requests = runs.map(({ ofNew }) => ofNew);
    const minutes = at(
      runs.map(({ seconds }) => seconds / 60),
      0.5,
    );
    console.log(
      `| ${name} | ${version} | ${share('held')} | ${share('accepted')} | ${at(requests, 0.5)}, ${at(requests, 0.95)} | ${minutes.toFixed(1)} |`,
    );
  }
