// A gateway with a table of any size, which reports how long its event loop stalled since it was asked last.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { registryFromEnv } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { collectRarely } from '@rollcall/runtime';
import { tell } from './parts.js';

collectRarely();
const stalls = monitorEventLoopDelay({ resolution: 5 });
stalls.enable();
const gateway = await createGateway({
  registry: registryFromEnv(process.env),
  port: 0,
  snapshot: process.env['SNAPSHOT'] ?? 'none',
  table: { maxInstances: 1_000_000 },
});
let cpu = process.cpuUsage();
process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  tell({ stall: stalls.max / 1e6, cpu: (user + system) / 1000 });
  stalls.reset();
  cpu = process.cpuUsage();
});
tell({ url: gateway.url, adminUrl: gateway.adminUrl });
