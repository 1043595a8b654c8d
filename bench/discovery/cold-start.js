// How long a gateway that starts takes until it knows and routes to many instances, by who remembers them.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLogger } from '@rollcall/runtime';
import { snapshotAt } from '../../packages/gateway/dist/snapshot/snapshot.js';
import { answer, loopbackAddress, now, Parts } from './parts.js';
import { row } from './report.js';

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
    const env = { ...broker, INSTANCES: String(instances), UPSTREAM: String(ready.port) };
    const { part: owners } = await parts.start('owners.js', env);
    await gateway(parts, 'from presence channels', env);
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
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
    parts.adoptFolder(folder);
    const file = join(folder, 'snapshot');
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
    const env = { ...broker, INSTANCES: String(instances), TOLD: '1' };
    await gateway(parts, 'from its snapshot file', { ...env, SNAPSHOT: file });
    await gateway(parts, 'from another gateway', env);
  } finally {
    await parts.end();
  }
}

/** @param {Parts} parts @param {string} name @param {Record<string, string>} env */
async function gateway(parts, name, env) {
  const started = now();
  const { ready } = await parts.start('cold-gateway.js', env);
  const { begun, listening, routed, full, verified, longestStall, down, others } = ready;
  const figures = { loaded: begun, listening, 'first request routed': routed, 'table full': full };
  const all = env['TOLD'] === '1' ? { ...figures, 'all probed': verified } : figures;
  row(name, {
    ...Object.fromEntries(
      Object.entries(all).map(([what, at]) => [what, Math.round(at - started)]),
    ),
    'longest stall': Math.round(longestStall),
    ...(down > 0 && { 'taken for down': down }),
  });
  for (const line of others) console.log(`    ${line}`);
}
