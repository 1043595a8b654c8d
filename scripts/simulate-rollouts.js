// Simulates rollouts, and prints how often a verdict is wrong: `npm run simulate:rollouts -- --seeds 1000`.
import { parseArgs } from 'node:util';
import { simulateRollout } from '../test/simulation/rollouts/rollout-simulation.js';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '200' }, from: { type: 'string', default: '1' } },
});
const [seeds, from] = [Number(values.seeds), Number(values.from)];

const VERSIONS = {
  good: { moreFailures: 0, slower: 1 },
  failing: { moreFailures: 0.03, slower: 1 },
  slow: { moreFailures: 0, slower: 1.3 },
};
const USUAL = { perSecond: 100, failures: 0.01, medianMs: 20, tail: 0.8, drifts: true, bursts: 0 };
const CONDITIONS = {
  'as said': {},
  'no request of the old version fails': { failures: 0 },
  '5 % of the requests of the old version fail': { failures: 0.05 },
  'a short tail': { tail: 0.3 },
  'a longer tail': { tail: 1.2 },
  '10 requests a second': { perSecond: 10 },
  '1 request a second': { perSecond: 1 },
  '1000 requests a second': { perSecond: 1000 },
  'one version has a bad second every few minutes': { bursts: 0.005 },
};

/** @param {number[]} numbers @param {number} part */
const at = (numbers, part) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(part * (seeds - 1))] ?? 0;

/** @param {object} conditions @param {keyof typeof VERSIONS} version */
const runs = (conditions, version) =>
  Array.from({ length: seeds }, (_, index) =>
    simulateRollout({ ...USUAL, ...conditions, ...VERSIONS[version] }, from + index),
  );

/**
 * How many verdicts are wrong, and how many requests the new version received until the verdict: median and 95 %.
 * @param {ReturnType<typeof runs>} all
 * @param {string} right
 */
function cells(all, right) {
  const wrong = all.filter(({ verdict }) => verdict !== right).length;
  const requests = all.map(({ ofNew }) => ofNew);
  return `${Number(((100 * wrong) / seeds).toFixed(1))} % | ${at(requests, 0.5)}, ${at(requests, 0.95)}`;
}

console.log(
  '| | as good: wrongly held back | after requests | 3 % more fail: wrongly accepted | after requests | 30 % slower: wrongly accepted | after requests |',
);
console.log('|---|---|---|---|---|---|---|');
for (const [name, conditions] of Object.entries(CONDITIONS)) {
  const good = cells(runs(conditions, 'good'), 'accepted');
  const failing = cells(runs(conditions, 'failing'), 'held');
  const slow = cells(runs(conditions, 'slow'), 'held');
  console.log(`| ${name} | ${good} | ${failing} | ${slow} |`);
}
