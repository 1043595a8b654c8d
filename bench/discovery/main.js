// `npm run bench:discovery`: see ../README.md. `-- --part latency` runs one part, `-- --quick` tiny sizes.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { latency } from './latency.js';

const SIZES = {
  full: { latency: { samples: 2000, warmUp: 500 } },
  quick: { latency: { samples: 20, warmUp: 5 } },
};

const { values } = parseArgs({
  options: { part: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const sizes = SIZES[values.quick ? 'quick' : 'full'];
/** @type {Record<string, () => Promise<void>>} */
const parts = {
  latency: () => latency(sizes.latency),
};
const [cpu] = cpus();
console.log(`${cpus().length} x ${cpu?.model}, Node ${process.version}, ${process.platform}`);
for (const [name, run] of Object.entries(parts)) {
  if (values.part === undefined || values.part === name) await run();
}
