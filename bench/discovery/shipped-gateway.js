// `rollcall gateway` as its users start it: the bundle, in a process of its own, watched from outside.
import { fork } from 'node:child_process';
import { get } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.js';
import { answer, instancesAt, now } from './parts.js';

const COMMAND = fileURLToPath(new URL('../../packages/cli/bin/rollcall.js', import.meta.url));
const STALLS = new URL('stalls.js', import.meta.url).href;

/**
 * Starts it, and resolves when it has routed a request and all instances are healthy.
 * @param {import('./parts.js').Parts} parts @param {Record<string, string>} env @param {number} instances
 */
export async function startShipped(parts, env, instances) {
  const port = await freePort();
  const started = now();
  const gateway = fork(COMMAND, ['gateway', '--port', String(port), '--admin-port', '0'], {
    env: { ...process.env, ...env },
    execArgv: ['--import', STALLS],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  parts.adopt(gateway);
  const log = watchLog(gateway);
  const ready = answer(gateway);
  const routed = firstRequest(`http://127.0.0.1:${port}/bench/`);
  const { adminUrl } = await ready;
  const listening = now();
  const full = await reached(async () => (await instancesAt(adminUrl)).all === instances);
  const healthy = await reached(async () => (await instancesAt(adminUrl)).healthy === instances);
  const times = { listening, routed: await routed, full, healthy };
  const stalls = answer(gateway);
  gateway.send({});
  const { longestStall } = await stalls;
  const since = Object.entries(times).map(([what, at]) => [what, at - started]);
  return { ...Object.fromEntries(since), longestStall, ...log };
}

/** @param {() => Promise<boolean>} condition */
async function reached(condition) {
  while (!(await condition())) await delay(100);
  return now();
}

/** Reads the log, as users have it read. @param {import('node:child_process').ChildProcess} gateway */
function watchLog({ stdout }) {
  if (stdout === null) throw new Error('the gateway has no log');
  const seen = { down: 0, others: /** @type {string[]} */ ([]) };
  createInterface({ input: stdout }).on('line', (text) => {
    const { msg } = JSON.parse(text);
    if (msg.startsWith('instance down')) seen.down++;
    else if (!/^(route|instance|gateway listens)/.test(msg)) seen.others.push(msg);
  });
  return seen;
}

/** Asks until it is answered by an instance. @param {string} url */
async function firstRequest(url) {
  for (;;) {
    const status = await new Promise((resolve) => {
      const sent = get(url, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', () => resolve(0));
    });
    if (status === 200) return now();
    await delay(5);
  }
}
