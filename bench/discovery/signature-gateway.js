// A gateway with a route to a configured server, that takes in announcements meanwhile.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { registryFromEnv } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { silentLogger } from '@rollcall/runtime';
import { now, tell } from './parts.js';

const instances = Number(process.env['INSTANCES']);
let registered = 0;
let takenInMs = 0;
const begun = now();
const info = (/** @type {unknown} */ _fields, line = '') => {
  if (line.includes('route registered') && line.includes('/bench') && ++registered === instances)
    takenInMs = now() - begun;
};
const stalls = monitorEventLoopDelay({ resolution: 1 });
const { url } = await createGateway({
  registry: registryFromEnv(process.env),
  port: 0,
  owners: JSON.parse(process.env['OWNERS'] ?? '{}'),
  routes: { '/fixed': { upstreams: [`http://127.0.0.1:${process.env['UPSTREAM']}`] } },
  logger: { ...silentLogger, info },
});
stalls.enable();
tell({ url });
process.on('message', () => {
  if (registered !== instances) throw new Error(`${registered} of ${instances} were taken in`);
  tell({ takenInMs, stallMs: stalls.max / 1e6 });
});
