// Compares our broker with soketi: both run at the same time, and are measured in turns, so that
// what else happens on the machine happens to both. `npm run bench:broker -- --rounds 5`.
import { parseArgs } from 'node:util';
import { connects, fanOut, memory, triggers } from './scenarios.js';
import { startOurs, startSoketi } from './servers.js';

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

const servers = { ours: await startOurs(), soketi: await startSoketi() };
if ('memory'.includes(values.only)) {
  report('memory', {
    ours: [await memory(servers.ours, IDLE_CONNECTIONS)],
    soketi: [await memory(servers.soketi, IDLE_CONNECTIONS)],
  });
}
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (!name.includes(values.only)) continue;
  report(name, await compare(scenario));
}
process.exit();

/** @param {(server: Server) => Promise<Record<string, number>>} scenario */
async function compare(scenario) {
  /** @type {{ ours: Record<string, number>[], soketi: Record<string, number>[] }} */
  const results = { ours: [], soketi: [] };
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const name of /** @type {const} */ (['ours', 'soketi'])) {
      const result = await scenario(servers[name]);
      // The first round warms both up.
      if (round > 0) results[name].push(result);
    }
  }
  return results;
}

/**
 * @param {string} name
 * @param {{ ours: Record<string, number>[], soketi: Record<string, number>[] }} results
 */
function report(name, { ours, soketi }) {
  for (const figure of Object.keys(ours[0] ?? {})) {
    const [a, b] = [median(ours, figure), median(soketi, figure)];
    console.log(
      `${name.padEnd(12)} ${figure.padEnd(14)} ours ${a.toFixed(1).padStart(10)}   soketi ${b.toFixed(1).padStart(10)}   ratio ${(a / b).toFixed(2)}`,
    );
  }
}

/**
 * @param {Record<string, number>[]} results
 * @param {string} figure
 */
function median(results, figure) {
  const sorted = results.map((result) => result[figure] ?? 0).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
