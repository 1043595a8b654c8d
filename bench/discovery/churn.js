// What requests take at a gateway with a large table while a part of it changes all the time, beside the same without change.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Pusher from 'pusher';
import { silentLogger } from '@rollcall/runtime';
import { snapshotAt } from '../../packages/gateway/dist/snapshot/snapshot.js';
import { answer, APP, instancesAt, loopbackAddress, Parts } from './parts.js';
import { percentile, row } from './report.js';

/** As many as Pusher allows. */
const IN_A_BATCH = 10;

/** @typedef {{ instances: number, share: number, rounds: number, measureMs: number }} Sizes */

/** @param {Sizes} sizes */
export async function churn({ instances, share, rounds, measureMs }) {
  console.log(`requests at a gateway with ${instances} instances, ms`);
  const parts = new Parts();
  try {
    const { ready: upstream } = await parts.start('upstream.js');
    const broker = await parts.broker();
    const owners = Array.from({ length: instances }, (_, index) => ({
      prefix: '/bench',
      address: loopbackAddress(index),
      port: upstream.port,
      id: `lease-${index}`,
      inc: 1,
      seq: 0,
      ttl: 3600,
    }));
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
    parts.adoptFolder(folder);
    const file = join(folder, 'snapshot');
    const statements = owners.map((announcement) => ({ announcement, left: false }));
    await snapshotAt({ file, logger: silentLogger }).save({ statements, rollouts: [] });
    const { part: gateway, ready } = await parts.start('churn-gateway.js', {
      ...broker,
      SNAPSHOT: file,
    });
    while ((await instancesAt(ready.adminUrl)).healthy < instances) await delay(1000);
    const { part: load } = await parts.start('churn-load.js', { URL: ready.url });
    const changes = changer(broker, owners, instances * share);
    /** @type {Record<string, number[]>} */
    const p99 = { without: [], with: [] };
    for (let round = 0; round < rounds; round++)
      for (const [name, isChanging] of /** @type {const} */ ([
        ['without', false],
        ['with', true],
      ])) {
        changes.run(isChanging);
        await delay(measureMs / 5);
        await Promise.all([ask(load), ask(gateway)]);
        const before = changes.count();
        await delay(measureMs);
        const [{ took, failed }, { stall, cpu }] = await Promise.all([ask(load), ask(gateway)]);
        p99[name]?.push(percentile(took, 0.99));
        row(`${name} change`, {
          p50: percentile(took, 0.5).toFixed(1),
          p99: percentile(took, 0.99).toFixed(1),
          failed,
          'changes a second': Math.round(((changes.count() - before) * 1000) / measureMs),
          'longest stall': stall.toFixed(0),
          'CPU of the gateway': `${((cpu / measureMs) * 100).toFixed(0)} %`,
        });
      }
    changes.run(false);
    const [still = [], moving = []] = Object.values(p99);
    row('p99, with to without', {
      ratio: (percentile(moving, 0.5) / percentile(still, 0.5)).toFixed(2),
    });
  } finally {
    await parts.end();
  }
}

/** @param {import('./parts.js').ChildProcess} part */
function ask(part) {
  const answered = answer(part);
  part.send({});
  return answered;
}

/**
 * Changes instances in turn: each is updated, and the next time it leaves and comes again.
 * @param {Record<string, string>} env @param {any[]} owners @param {number} perSecond
 */
function changer(env, owners, perSecond) {
  const { PUSHER_HOST: host = '', PUSHER_PORT: port = '' } = env;
  const pusher = new Pusher({ ...APP, host, port, useTLS: false });
  /** @type {Pusher.BatchEvent[]} */
  let events = [];
  let timer = setTimeout(() => {}, 0);
  let done = 0;
  function change() {
    const at = (done * 7919) % owners.length;
    const was = owners[at];
    const isRestart = done++ % 2 === 0;
    owners[at] = { ...was, ...(isRestart ? { inc: was.inc + 1, seq: 0 } : { seq: was.seq + 1 }) };
    if (isRestart) publish('exit', was);
    publish('register', owners[at]);
  }
  /** @param {string} name @param {unknown} data */
  function publish(name, data) {
    events.push({ channel: 'mapped-discovery', name, data });
    if (events.length < IN_A_BATCH) return;
    void pusher.triggerBatch(events);
    events = [];
  }
  return {
    count: () => done,
    /** @param {boolean} isChanging */
    run(isChanging) {
      clearInterval(timer);
      if (!isChanging) return;
      let due = performance.now();
      timer = setInterval(() => {
        for (; due <= performance.now(); due += 1000 / perSecond) change();
      }, 5);
    },
  };
}
