// `npm run bench:gateway`: see ../README.md. `-- --part latency` runs one part, `-- --quick` tiny sizes, `--save`
// keeps the results for the chart. Linux, with nginx, wrk and taskset; HAProxy and Caddy if they are there.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { comparePeers, compareWorks } from './compare.js';
import { filters } from './filters.js';
import { latency } from './latency.js';
import { idle } from './memory.js';
import { prefixes } from './prefixes.js';
import { ALL } from './proxies.js';
import { has, script } from './rig.js';
import { routing } from './routing.js';
import { workers } from './workers.js';
import { SAME, WORKS } from './works.js';

const SIZES = {
  full: {
    load: { rounds: 5, seconds: 1, warmUp: 2, connections: 64 },
    latency: { rounds: 9, seconds: 1.5, warmUp: 2, connections: 64 },
    idle: { proxies: ['nginx', 'rollcall'], connections: 8000, warmUp: 2, headBytes: 15_000 },
    routing: { few: 10, prefixes: 10_000, instances: 100_000, decisions: 300_000, rounds: 7 },
    prefixes: { prefixes: 10_000, rounds: 7, seconds: 2, warmUp: 3, connections: 64 },
    filters: { requests: 100_000, tokens: 2000, rounds: 7 },
  },
  quick: {
    load: { rounds: 1, seconds: 1, warmUp: 0, connections: 4 },
    latency: { rounds: 1, seconds: 0.2, warmUp: 0, connections: 4 },
    idle: { proxies: ['rollcall'], connections: 20, warmUp: 0, headBytes: 15_000 },
    routing: { few: 10, prefixes: 20, instances: 40, decisions: 100, rounds: 1 },
    prefixes: { prefixes: 20, rounds: 1, seconds: 1, warmUp: 0, connections: 4 },
    filters: { requests: 100, tokens: 5, rounds: 1 },
  },
};
const RESULTS = script('results.json');

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    quick: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const sizes = SIZES[values.quick ? 'quick' : 'full'];
const only = values.only?.split(',');
const rounds = values.rounds === undefined ? {} : { rounds: Number(values.rounds) };
const load = { ...sizes.load, ...rounds };
const works = WORKS.filter(({ name }) => only?.some((part) => name.includes(part)) ?? true);
/** @type {Record<string, () => Promise<object>>} */
const parts = {
  works: () => compareWorks(values.quick ? oneOfEach(works) : works, load),
  peers: () => comparePeers(only ?? peers(), SAME, load),
  latency: () => latency({ ...sizes.latency, ...rounds }),
  idle: () => idle(sizes.idle),
  workers: () => workers(load),
  routing: () => routing({ ...sizes.routing, ...rounds }),
  prefixes: () => prefixes({ ...sizes.prefixes, ...rounds }),
  filters: () => filters({ ...sizes.filters, ...rounds }),
};

for (const program of ['nginx', 'wrk', 'h2load', 'taskset']) {
  if (has(program)) continue;
  console.error(
    `${program} is not here: apt-get install nginx-light haproxy caddy wrk nghttp2-client util-linux`,
  );
  process.exit(1);
}
const [cpu] = cpus();
console.log(`${cpus().length} x ${cpu?.model}, Node ${process.version}, ${process.platform}`);
for (const [name, run] of Object.entries(parts)) {
  if (values.part !== undefined && values.part !== name) continue;
  const results = await run();
  if (values.save) keep(name, results);
}

/** Those that are here. */
function peers() {
  if (values.quick) return ['nginx', 'relay', 'rollcall'];
  return ALL.filter((name) => !['haproxy', 'caddy'].includes(name) || has(name));
}

/** One for each way to make a load. @param {typeof WORKS} all */
function oneOfEach(all) {
  return [...new Map(all.map((work) => [`${work.ask.name} ${work.protocol}`, work])).values()];
}

/** @param {string} part @param {object} results */
function keep(part, results) {
  const all = JSON.parse(readFileSync(RESULTS, 'utf8'));
  writeFileSync(RESULTS, `${JSON.stringify({ ...all, [part]: results }, undefined, 2)}\n`);
}
