// From the publish of an announcement until a Directory in another process has it routable, beside
// `etcd put` until a watcher has it. One after another, the arms in turn.
import { tmpdir } from 'node:os';
import { startEtcd } from './etcd.js';
import { answer, Parts } from './parts.js';
import { percentile, row } from './report.js';

/** On disk etcd waits for the disk at each put, as it is meant to; in memory it has what our broker has. */
const ETCDS = { 'etcd, on disk': tmpdir(), 'etcd, in memory': '/dev/shm' };
const OURS = 'rollcall';

/** @param {{ samples: number, warmUp: number }} sizes */
export async function latency({ samples, warmUp }) {
  const parts = new Parts();
  try {
    const broker = await parts.broker();
    /** @type {Record<string, string>} */
    const etcds = {};
    for (const [arm, folder] of Object.entries(ETCDS)) {
      const url = await startEtcd(parts, folder);
      if (url !== undefined) etcds[arm] = url;
    }
    const env = { ...broker, ETCDS: JSON.stringify(etcds) };
    const { part: observer } = await parts.start('latency-observer.js', env);
    const { part: publisher } = await parts.start('latency-publisher.js', env);

    const arms = [OURS, ...Object.keys(etcds)];
    /** @type {Map<string, number[]>} */
    const taken = new Map(arms.map((arm) => [arm, []]));
    for (let index = -warmUp; index < samples; index++) {
      for (const [place, arm] of arms.entries()) {
        const id = `i${index + warmUp}-${place}`;
        const answers = Promise.all([answer(publisher), answer(observer)]);
        publisher.send({ arm, id });
        const [{ sent }, heard] = await answers;
        if (heard.id !== id) throw new Error(`${arm}: ${heard.id} was heard of, not ${id}`);
        if (index >= 0) taken.get(arm)?.push(heard.at - sent);
      }
    }
    print(taken, samples);
  } finally {
    await parts.end();
  }
}

/** @param {Map<string, number[]>} taken @param {number} samples */
function print(taken, samples) {
  console.log(`register -> routable in another process, ${samples} of each in turn, in ms`);
  const ours = taken.get(OURS) ?? [];
  for (const [arm, times] of taken) {
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    const ratio = `${(percentile(ours, 0.5) / p50).toFixed(2)} / ${(percentile(ours, 0.99) / p99).toFixed(2)}`;
    row(arm, {
      p50: p50.toFixed(2),
      p99: p99.toFixed(2),
      ...(arm !== OURS && { 'rollcall to it (p50 / p99)': ratio }),
    });
  }
  if (taken.size === 1) console.log('  no etcd on this machine: apt-get install etcd-server');
}
