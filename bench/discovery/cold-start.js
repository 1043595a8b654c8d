// How long a gateway that starts takes until it knows and routes to many instances, by who remembers them.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@rollcall/runtime';
import { snapshotAt } from '../../packages/gateway/dist/snapshot/snapshot.js';
import { answer, loopbackAddress, Parts } from './parts.js';
import { row } from './report.js';
import { startShipped } from './shipped-gateway.js';

/** @param {{ instances: number, settleMs: number }} sizes */
export async function coldStart({ instances, settleMs }) {
  console.log(
    `gateway cold start with ${instances} instances, in ms from the start of its process`,
  );
  await fromPresence(instances, settleMs);
  await fromOthers(instances);
}

/** Only the transport remembers them. @param {number} instances @param {number} settleMs */
async function fromPresence(instances, settleMs) {
  const parts = new Parts();
  try {
    const { ready } = await parts.start('upstream.js');
    const broker = await parts.broker();
    const env = { INSTANCES: String(instances), UPSTREAM: String(ready.port) };
    const { part: owners } = await parts.start('owners.js', { ...broker, ...env });
    const state = await stateFolder(parts);
    await gateway(parts, 'from presence channels', { ...broker, ...state }, instances);
    // Whom no snapshot satisfied answers the roll call within 10 s.
    await delay(settleMs);
    const counted = answer(owners);
    owners.send({});
    row('', { 'owners that answered the roll call': (await counted).answers });
  } finally {
    await parts.end();
  }
}

/** Instances with a lease: a snapshot file remembers them, and then another gateway. @param {number} instances */
async function fromOthers(instances) {
  const parts = new Parts();
  try {
    const broker = await parts.broker();
    const { ready } = await parts.start('upstream.js');
    const state = await stateFolder(parts);
    const file = join(state.XDG_STATE_HOME, 'snapshot');
    const place = { prefix: '/bench', port: ready.port, ttl: 300 };
    const statements = Array.from({ length: instances }, (_, index) => ({
      announcement: {
        ...place,
        address: loopbackAddress(index),
        id: `lease-${index}`,
        inc: 1,
        seq: 0,
      },
      left: false,
    }));
    await snapshotAt({ file, logger: silentLogger }).save({ statements, rollouts: [] });
    const env = { ...broker, ...state };
    const fromFile = { ...env, ROLLCALL_SNAPSHOT: file };
    await gateway(parts, 'from its snapshot file', fromFile, instances);
    await gateway(parts, 'from another gateway', env, instances);
  } finally {
    await parts.end();
  }
}

/** Where gateways keep their files. @param {Parts} parts */
async function stateFolder(parts) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  parts.adoptFolder(folder);
  return { XDG_STATE_HOME: folder };
}

/** @param {Parts} parts @param {string} name @param {Record<string, string>} env @param {number} instances */
async function gateway(parts, name, env, instances) {
  const seen = await startShipped(parts, env, instances);
  row(name, {
    'first request routed': Math.round(seen.routed),
    listening: Math.round(seen.listening),
    'table full': Math.round(seen.full),
    'all healthy': Math.round(seen.healthy),
    'longest stall': Math.round(seen.longestStall),
    ...(seen.down > 0 && { 'taken for down': seen.down }),
  });
  for (const line of seen.others.slice(0, 3)) console.log(`    ${line}`);
}
