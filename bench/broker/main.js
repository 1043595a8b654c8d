// Compares our broker with soketi and sockudo: all run at the same time, and are measured in turns, so that what else
// happens on the machine happens to all. `npm run bench:broker -- --rounds 5`.
import { parseArgs } from 'node:util';
import { Node, products } from '../cluster/nodes.js';
import { Parts } from '../cluster/parts.js';
import { show } from '../gateway/report.js';
import { connects, fanOut, memory, triggers } from './scenarios.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});

/** @typedef {import('./scenarios.js').Server} Server */

/** @type {Record<string, (server: Server) => Promise<Record<string, number>>>} */
const SCENARIOS = {
  triggers: (server) => triggers(server, 10_000),
  fanOut: (server) => fanOut(server, 30),
  connects: (server) => connects(server, 2_000),
};

/** Of servers that have done nothing yet. */
const IDLE_CONNECTIONS = 10_000;

const parts = new Parts();
const all = products(['Rollcall', 'soketi', 'sockudo']);
const nodes = all.map((product) => new Node(product, undefined, parts));
for (const node of nodes) await node.start();
if ('memory'.includes(values.only)) {
  const results = [];
  for (const node of nodes) results.push([await memory(node, IDLE_CONNECTIONS)]);
  report(results);
}
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (name.includes(values.only)) report(await compare(scenario));
}
await parts.end();

/**
 * What each round has measured of each product.
 * @param {(server: Server) => Promise<Record<string, number>>} scenario
 */
async function compare(scenario) {
  /** @type {Record<string, number>[][]} */
  const results = nodes.map(() => []);
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [at, node] of nodes.entries()) {
      const result = await scenario(node);
      // The first round warms all up.
      if (round > 0) results[at]?.push(result);
    }
  }
  return results;
}

/**
 * Shows the medians, and those of ours relative to each other product's.
 * @param {Record<string, number>[][]} results
 */
function report(results) {
  const [ours] = results;
  const rows = Object.keys(ours?.[0] ?? {}).map((figure) => {
    const [own = 0, ...others] = results.map((rounds) => median(rounds, figure));
    return [figure, own, ...others.flatMap((other) => [other, own / other])];
  });
  show(['', ...all.flatMap((name, at) => (at === 0 ? [name] : [name, 'ratio']))], rows);
}

/**
 * @param {Record<string, number>[]} results
 * @param {string} figure
 */
function median(results, figure) {
  const sorted = results.map((result) => result[figure] ?? 0).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
