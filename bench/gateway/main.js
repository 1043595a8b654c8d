// Compares proxies side by side: `npm run bench:gateway -- --rounds 5 --seconds 5`. Linux, with nginx, haproxy,
// wrk and taskset. The proxy has one core, wrk and the upstream the other; rounds are interleaved, so that
// what else the machine does meets all alike. The time of the proxy's own core for each request says more
// than requests per second where others use the machine too.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ANSWER, haproxyConfig, nginxConfig, upstreamConfig } from './configs.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: 'nginx,haproxy,relay,rollcall' },
  },
});
const PROXY_CORE = '0';
const LOAD_CORE = '1';
const UPSTREAM_PORT = 19_800;
const TICKS_PER_SECOND = 100;

const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
/** @type {import('node:child_process').ChildProcess[]} */
const children = [];

/** @type {Record<string, (port: number) => string[]>} */
const PROXIES = {
  nginx: (port) => ['nginx', '-c', file('nginx.conf', nginxConfig(folder, port, UPSTREAM_PORT))],
  haproxy: (port) => [
    'haproxy',
    '-q',
    '-f',
    file('haproxy.cfg', haproxyConfig(port, UPSTREAM_PORT)),
  ],
  relay: (port) => [process.execPath, script('relay'), String(port), String(UPSTREAM_PORT)],
  rollcall: (port) => [process.execPath, script('rollcall'), String(port), String(UPSTREAM_PORT)],
};

/** @typedef {{ name: string, port: number, pid: number, rates: number[], costs: number[], p99s: number[] }} Proxy */

try {
  run(LOAD_CORE, ['nginx', '-c', file('upstream.conf', upstreamConfig(folder, UPSTREAM_PORT))]);
  /** @type {Proxy[]} */
  const proxies = [];
  for (const [index, name] of values.only.split(',').entries()) {
    const port = UPSTREAM_PORT + 1 + index;
    const command = PROXIES[name];
    if (command === undefined) throw new Error(`there is no proxy ${name}`);
    const pid = run(PROXY_CORE, command(port));
    proxies.push({ name, port, pid, rates: [], costs: [], p99s: [] });
  }
  for (const proxy of proxies) await isRight(proxy);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const proxy of proxies) measure(proxy);
  }
  show(proxies);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} name
 * @param {string} content
 */
function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** @param {string} name */
function script(name) {
  return join(import.meta.dirname, `${name}.js`);
}

/**
 * Starts a program on one core. taskset becomes the program, so that its process is the program's.
 * @param {string} core
 * @param {string[]} command
 */
function run(core, command) {
  const child = spawn('taskset', ['-c', core, ...command], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  return child.pid ?? 0;
}

/**
 * Waits until the proxy gives the upstream's answer to what it is asked, three times in a row.
 * @param {Proxy} proxy
 */
async function isRight({ name, port }) {
  let right = 0;
  for (let attempt = 0; attempt < 50 && right < 3; attempt++) {
    right = (await ask(port)) === `200 ${ANSWER}` ? right + 1 : 0;
    if (right === 0) await sleep(100);
  }
  if (right < 3) throw new Error(`${name} answers wrongly: ${await ask(port)}`);
}

/**
 * @param {number} port
 * @returns {Promise<string>}
 */
function ask(port) {
  return new Promise((resolve) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/v1/x',
      headers: { host: 'localhost' },
    });
    asked.on('response', async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`);
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}

/** @param {Proxy} proxy */
function measure({ port, pid, rates, costs, p99s }) {
  const before = cpuSeconds(pid);
  const load = ['-t1', `-c${values.connections}`, `-d${values.seconds}s`, '--latency'];
  const output = execFileSync(
    'taskset',
    ['-c', LOAD_CORE, 'wrk', ...load, `http://localhost:${port}/v1/x`],
    { encoding: 'utf8' },
  );
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(output);
  const count = Number(/(\d+) requests in/.exec(output)?.[1]);
  rates.push(Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]));
  costs.push(((cpuSeconds(pid) - before) * 1e6) / count);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  p99s.push(Number(p99) * (unit === 's' ? 1000 : unit === 'ms' ? 1 : 0.001));
}

/** @param {number} pid */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** @param {Proxy[]} proxies the first is what the others are compared with */
function show(proxies) {
  const [first] = proxies;
  console.log(
    '| proxy | requests/s | ratio | CPU a request | ratio | p99 |\n|---|---|---|---|---|---|',
  );
  for (const { name, rates, costs, p99s } of proxies) {
    const rate = median(rates);
    const cost = median(costs);
    const ratios = [rate / median(first?.rates ?? []), median(first?.costs ?? []) / cost];
    console.log(
      `| ${name} | ${Math.round(rate)} | ${ratios[0]?.toFixed(2)} | ${cost.toFixed(1)} µs | ${ratios[1]?.toFixed(2)} | ${median(p99s).toFixed(2)} ms |`,
    );
  }
}

/** @param {number[]} list */
function median(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}
