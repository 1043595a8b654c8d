// `npm run bench:gateway`: see ../README.md. `-- --part latency` runs one part, `-- --quick` tiny sizes, `--save`
// keeps the results for the chart. Linux, with nginx, wrk and taskset; HAProxy and Caddy if they are there.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { bodies } from './bodies.js';
import { filters } from './filters.js';
import { idle } from './idle.js';
import { latency } from './latency.js';
import { ALL } from './proxies.js';
import { has, script } from './rig.js';
import { routing } from './routing.js';
import { saturation } from './saturation.js';

const SIZES = {
  full: {
    saturation: { proxies: ALL, rounds: 10, seconds: 1, warmUp: 2, connections: 64 },
    tls: { proxies: ['nginx', 'rollcall'], rounds: 10, seconds: 1, warmUp: 2, connections: 64 },
    http2: {
      proxies: ['nginx', 'caddy', 'rollcall'],
      rounds: 10,
      seconds: 1,
      warmUp: 2,
      connections: 64,
    },
    latency: { rounds: 12, seconds: 1.5, warmUp: 2, connections: 64 },
    bodies: { rounds: 10, seconds: 1, connections: 8 },
    idle: { proxies: ['nginx', 'haproxy', 'rollcall'], connections: 8000, warmUp: 2 },
    routing: { few: 10, prefixes: 10_000, instances: 100_000, decisions: 300_000, rounds: 7 },
    filters: { requests: 100_000, tokens: 2000, rounds: 7 },
  },
  quick: {
    saturation: {
      proxies: ['nginx', 'relay', 'rollcall'],
      rounds: 1,
      seconds: 1,
      warmUp: 0,
      connections: 4,
    },
    tls: { proxies: ['nginx', 'rollcall'], rounds: 1, seconds: 1, warmUp: 0, connections: 4 },
    http2: { proxies: ['nginx', 'rollcall'], rounds: 1, seconds: 1, warmUp: 0, connections: 4 },
    latency: { rounds: 1, seconds: 0.2, warmUp: 0, connections: 4 },
    bodies: { rounds: 1, seconds: 1, connections: 2 },
    idle: { proxies: ['nginx', 'rollcall'], connections: 20, warmUp: 0 },
    routing: { few: 10, prefixes: 20, instances: 40, decisions: 100, rounds: 1 },
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
const proxies = values.only?.split(',') ?? sizes.saturation.proxies.filter(isHere);
const rounds = values.rounds === undefined ? {} : { rounds: Number(values.rounds) };
/** @type {Record<string, () => Promise<object>>} */
const parts = {
  saturation: () => saturation({ ...sizes.saturation, ...rounds, proxies }),
  tls: () => saturation({ ...sizes.tls, ...rounds }, { title: 'with TLS', isTls: true }),
  http2: () => saturation({ ...sizes.http2, ...rounds }, { title: 'by HTTP/2', isHttp2: true }),
  latency: () => latency({ ...sizes.latency, ...rounds }),
  bodies: () => bodies({ ...sizes.bodies, ...rounds }),
  idle: () => idle(sizes.idle),
  routing: () => routing({ ...sizes.routing, ...rounds }),
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

/** @param {string} name */
function isHere(name) {
  return !['haproxy', 'caddy'].includes(name) || has(name);
}

/** @param {string} part @param {object} results */
function keep(part, results) {
  const all = JSON.parse(readFileSync(RESULTS, 'utf8'));
  writeFileSync(RESULTS, `${JSON.stringify({ ...all, [part]: results }, undefined, 2)}\n`);
}
