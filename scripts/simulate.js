// Runs the simulator: `npm run simulate -- --seeds 10000`, or one seed again: `-- --seed 42`. With `--brokers 3` the registry has
// several brokers, and with `--broker-faults` nothing else fails, while one of them stays.
import { parseArgs } from 'node:util';
import { Simulation } from '../test/simulation/simulation.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    seed: { type: 'string' },
    brokers: { type: 'string', default: '1' },
    'broker-faults': { type: 'boolean', default: false },
  },
});
const brokers = Number(values.brokers);
const isOnlyBrokers = values['broker-faults'];
const again = `npm run simulate -- --brokers ${brokers}${isOnlyBrokers ? ' --broker-faults' : ''} --seed`;
const first = values.seed === undefined ? 1 : Number(values.seed);
const count = values.seed === undefined ? Number(values.seeds) : 1;

/** @type {number[]} */
const converged = [];
let violations = 0;
let messages = 0;
for (let seed = first; seed < first + count; seed++) {
  const simulation = new Simulation(seed, brokers);
  if (isOnlyBrokers) simulation.runBrokerFaults();
  else simulation.run();
  converged.push(simulation.convergedAfter);
  messages += simulation.messages;
  violations += simulation.violations.length;
  for (const violation of simulation.violations) {
    console.log(`seed ${seed}: ${violation} (${again} ${seed})`);
  }
}
converged.sort((a, b) => a - b);
const at = (/** @type {number} */ share) =>
  converged[Math.min(count - 1, Math.floor(count * share))];
console.log(`${count} seeds, ${violations} violations`);
if (!isOnlyBrokers)
  console.log(
    `converged after the faults within ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (max)`,
  );
console.log(`${Math.round(messages / count)} messages published a seed`);
process.exitCode = violations === 0 ? 0 : 1;
