// A gateway with a route to a configured server, that takes in announcements meanwhile.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { registryFromEnv } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { silentLogger } from '@rollcall/runtime';
import { now, tell } from './parts.js';

const instances = Number(process.env['INSTANCES']);
let registered = 0;
/** @type {() => void} */
let onAll = () => {};
const all = new Promise((resolve) => (onAll = () => resolve(undefined)));
if (instances === 0) onAll();

/** Counts an event by its message. @param {unknown} _fields @param {string} line */
function info(_fields, line = '') {
  if (/^route registered .*\/bench /.test(line) && ++registered === instances) onAll();
}

const { url } = await createGateway({
  registry: registryFromEnv(process.env),
  port: 0,
  owners: JSON.parse(process.env['OWNERS'] ?? '{}'),
  routes: { '/fixed': { upstreams: [`http://127.0.0.1:${process.env['UPSTREAM']}`] } },
  logger: { ...silentLogger, info },
});
tell({ url });
await once(process, 'message');
const stalls = monitorEventLoopDelay({ resolution: 1 });
stalls.enable();
const begun = now();
await all;
tell({ takenInMs: instances === 0 ? 0 : now() - begun, stallMs: stalls.max / 1e6 });
