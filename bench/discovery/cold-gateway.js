// A gateway that starts, and tells when it had what: by its log, as an operator would know.
import { get } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { registryFromEnv } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { silentLogger } from '@rollcall/runtime';
import { now, tell } from './parts.js';

const instances = Number(process.env['INSTANCES']);
/** Those that another told of, or the snapshot, have to be probed; those in presence channels are there. */
const isTold = process.env['TOLD'] === '1';
const snapshotFile = process.env['SNAPSHOT'];

const counts = { registered: 0, verified: 0, down: 0 };
/** @type {string[]} */
const others = [];
let full = 0;

const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
const begun = now();
const gateway = await createGateway({
  registry: registryFromEnv(process.env),
  port: 0,
  logger: { ...silentLogger, info: count, warn: count, error: count },
  ...(snapshotFile !== undefined && { snapshot: snapshotFile }),
});
const listening = now();
const routed = firstRequest(`${gateway.url}/bench/`);

/**
 * Counts an event by its message.
 * @param {unknown} fields or the message, if there are none
 * @param {string} [message]
 */
function count(fields, message) {
  const line = message ?? String(fields);
  if (line.startsWith('route registered')) counts.registered++;
  if (line.startsWith('route registered') && line.endsWith('(it is healthy)')) counts.verified++;
  if (line.startsWith('instance recovered')) counts.verified++;
  else if (line.startsWith('instance down')) counts.down++;
  else if (!/^(route registered|instance suspected)/.test(line) && others.length < 3)
    others.push(line);
  if (counts.registered === instances && full === 0) full = now();
}

while (counts.registered < instances || (isTold && counts.verified < instances)) await delay(1);
const verified = now();
tell({
  begun,
  listening,
  full,
  verified,
  routed: await routed,
  down: counts.down,
  others,
  longestStall: stalls.max / 1e6,
});

/** Asks until it is answered by an instance. @param {string} url */
async function firstRequest(url) {
  for (;;) {
    const status = await new Promise((resolve) => {
      const sent = get(url, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', () => resolve(0));
    });
    if (status === 200) return now();
    await delay(5);
  }
}
