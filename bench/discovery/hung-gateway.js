// A gateway that reports, by its log, when an instance is out of service and when it is back.
import { setTimeout as delay } from 'node:timers/promises';
import { registryFromEnv } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { silentLogger } from '@rollcall/runtime';
import { now, tell } from './parts.js';

let registered = 0;
let others = 0;
/** The ports of the instances that are out of service, of the service of the one that hangs. */
const out = new Set();
/** What the bench waits for: that an instance is `out` or `back`, or `cpu`, which is there at once. */
let awaited = { what: '', port: '' };

const gateway = await createGateway({
  registry: registryFromEnv(process.env),
  port: 0,
  logger: { ...silentLogger, info: read, warn: read, error: read },
});

while (registered < Number(process.env['INSTANCES'])) await delay(10);
process.on('message', (/** @type {typeof awaited} */ message) => {
  awaited = message;
  report();
});
tell({ url: gateway.url });

/** @param {unknown} fields @param {string} [message] */
function read(fields, message) {
  const line = message ?? String(fields);
  if (line.startsWith('route registered')) registered++;
  const isBack = line.startsWith('instance recovered');
  if (!isBack && !/^instance (suspected|down)/.test(line)) return;
  const [, port] = /\/victim -> \S+:(\d+) /.exec(line) ?? [];
  if (port === undefined) {
    // Those that another gateway has reported are suspect until a probe has succeeded.
    const isNew = isBack || line.includes('only another observer');
    if (!isNew && ++others <= 3) console.log(`    of another instance: ${line}`);
    return;
  }
  if (isBack) out.delete(port);
  else out.add(port);
  report();
}

/** Reports once what is awaited has come: it may have come before it was asked for. */
function report() {
  const { what, port } = awaited;
  if (what === '' || what === (out.has(port) ? 'back' : 'out')) return;
  awaited = { what: '', port: '' };
  const { user, system } = process.cpuUsage();
  tell({ at: now(), cpu: (user + system) / 1000 });
}
