// `npm run bench:discovery`: see ../README.md. `-- --part latency` runs one part, `-- --quick` tiny sizes.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { churn } from './churn.js';
import { coldStart } from './cold-start.js';
import { hung } from './hung.js';
import { latency } from './latency.js';
import { messages } from './messages.js';
import { signatures } from './signatures.js';
import { tableGrowth } from './table-growth.js';

const SIZES = {
  full: {
    latency: { samples: 2000, warmUp: 500 },
    coldStart: { instances: 10_000, settleMs: 10_500 },
    churn: { instances: 100_000, share: 0.01, rounds: 5, measureMs: 10_000 },
    hung: { instances: 5000, gateways: [1, 3], rounds: 4, settleMs: 5000 },
    tableGrowth: { sizes: [100, 10_000, 100_000], changes: 10_000 },
    signatures: { instances: 10_000, rounds: 3, measureMs: 6000 },
    messages: { instances: 50, gateways: 3, rollouts: 3, settleMs: 1500, idleMs: 300_000 },
  },
  quick: {
    latency: { samples: 20, warmUp: 5 },
    coldStart: { instances: 20, settleMs: 100 },
    churn: { instances: 100, share: 0.1, rounds: 1, measureMs: 500 },
    hung: { instances: 10, gateways: [1], rounds: 1, settleMs: 100 },
    tableGrowth: { sizes: [10, 100], changes: 500 },
    signatures: { instances: 20, rounds: 1, measureMs: 400 },
    messages: { instances: 3, gateways: 2, rollouts: 1, settleMs: 200, idleMs: 200 },
  },
};

const { values } = parseArgs({
  options: { part: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const sizes = SIZES[values.quick ? 'quick' : 'full'];
/** @type {Record<string, () => Promise<void>>} */
const parts = {
  latency: () => latency(sizes.latency),
  'cold-start': () => coldStart(sizes.coldStart),
  churn: () => churn(sizes.churn),
  hung: () => hung(sizes.hung),
  table: () => tableGrowth(sizes.tableGrowth),
  signatures: () => signatures(sizes.signatures),
  messages: () => messages(sizes.messages),
};
const [cpu] = cpus();
console.log(`${cpus().length} x ${cpu?.model}, Node ${process.version}, ${process.platform}`);
for (const [name, run] of Object.entries(parts)) {
  if (values.part === undefined || values.part === name) await run();
}
