// How long gateways send requests to an instance that hangs among many that do not, and what probing costs them.
import { setTimeout as delay } from 'node:timers/promises';
import { get } from 'node:http';
import { answer, now, Parts } from './parts.js';
import { percentile, row } from './report.js';

/** Requests a second to the service of the instance that hangs. */
const RATE = 50;

/** @typedef {{ instances: number, gateways: readonly number[], rounds: number, settleMs: number }} Sizes */

/** @param {Sizes} sizes */
export async function hung({ instances, gateways, rounds, settleMs }) {
  console.log(`an instance hangs among ${instances}: s until no gateway sends it requests`);
  for (const count of gateways)
    for (const traffic of [false, true])
      await measure(count, traffic, { instances, rounds, settleMs });
}

/** @param {number} count of gateways @param {boolean} traffic @param {Omit<Sizes, 'gateways'>} sizes */
async function measure(count, traffic, { instances, rounds, settleMs }) {
  const parts = new Parts();
  try {
    const broker = await parts.broker();
    const { ready: upstream } = await parts.start('upstream.js');
    const env = { ...broker, UPSTREAM: String(upstream.port), INSTANCES: String(instances) };
    await parts.start('owners.js', env);
    // Another one of their prefix, so that the one which hangs is not waited for as the only one.
    await parts.start('service.js', env);
    // One for each round, because an instance is reported to other gateways once a minute.
    const victims = [];
    for (let round = 0; round < rounds; round++) victims.push(await parts.start('service.js', env));
    const watching = { ...env, INSTANCES: String(instances + 1 + rounds) };
    const watchers = [];
    for (let index = 0; index < count; index++)
      watchers.push(await parts.start('hung-gateway.js', watching));
    const stop = traffic ? send(`${watchers[0]?.ready.url}/victim/`) : () => {};
    await delay(settleMs);
    /** @type {number[]} */
    const first = [];
    /** @type {number[]} */
    const last = [];
    /** @type {number[]} */
    const cpu = [];
    for (const [round, { part: victim, ready }] of victims.entries()) {
      const port = String(ready.port);
      // The same in each run, and at another moment between two probes.
      const before = await ask(watchers, 'cpu', port);
      await delay(settleMs * (1 + ((round * 0.618) % 1)));
      await ask(watchers, 'back', port);
      const outs = ask(watchers, 'out', port);
      const begun = now();
      victim.kill('SIGSTOP');
      const after = (await outs).map(({ at }) => (at - begun) / 1000);

      first.push(Math.min(...after));
      last.push(Math.max(...after));
      const back = ask(watchers, 'back', port);
      victim.kill('SIGCONT');
      await back;
      (await ask(watchers, 'cpu', port)).forEach((each, index) => {
        const was = before[index];
        cpu.push((each.cpu - was.cpu) / (each.at - was.at));
      });
    }
    stop();
    row(`${count} gateways, ${traffic ? 'with' : 'without'} traffic`, {
      'first, median': percentile(first, 0.5).toFixed(1),
      'all, median': percentile(last, 0.5).toFixed(1),
      'all, longest': Math.max(...last).toFixed(1),
      'CPU of a gateway': `${(percentile(cpu, 0.5) * 100).toFixed(0)} %`,
    });
  } finally {
    await parts.end();
  }
}

/** @param {readonly { part: import('./parts.js').ChildProcess }[]} watchers @param {string} what @param {string} port */
function ask(watchers, what, port) {
  return Promise.all(
    watchers.map(({ part }) => {
      const answered = answer(part);
      part.send({ what, port });
      return answered;
    }),
  );
}

/** Sends requests that are not waited for. @param {string} url */
function send(url) {
  const timer = setInterval(() => {
    const sent = get(url, { timeout: 1000 }, (response) => response.resume());
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => {});
  }, 1000 / RATE);
  return () => clearInterval(timer);
}
