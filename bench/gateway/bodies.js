// Bodies of 1 MiB, down and up.
import { BIG, SINK } from './configs.js';
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { Rig } from './rig.js';
import { saturate } from './wrk.js';

const POST = 'wrk.method = "POST"\nwrk.body = string.rep("x", 1024 * 1024)\n';

/** @param {{ rounds: number, seconds: number, connections: number }} sizes */
export async function bodies(sizes) {
  const rig = new Rig();
  try {
    const { proxies } = await startProxies(rig, ['nginx', 'rollcall']);
    const script = rig.file('post.lua', POST);
    const ways = [
      { way: 'down', options: { ...sizes, path: `/v1${BIG}` } },
      { way: 'up', options: { ...sizes, path: `/v2${SINK}`, script } },
    ];
    const results = [];
    for (const { way, options } of ways) {
      /** @type {import('./wrk.js').Load[][]} */
      const loads = proxies.map(() => []);
      for (let round = 0; round < sizes.rounds; round++) {
        for (const [index, proxy] of proxies.entries())
          loads[index]?.push(saturate(proxy, options));
      }
      const [nginx, ours] = loads.map((own) => ({
        rate: Math.max(...own.map(({ rate }) => rate)),
        cost: Math.min(...own.map(({ cost }) => cost)),
      }));
      if (nginx === undefined || ours === undefined) continue;
      const byRate = ours.rate / nginx.rate;
      results.push({ way, nginx, ours, byRate, byCost: nginx.cost / ours.cost });
    }
    show(
      ['1 MiB', 'nginx MiB/s', 'rollcall MiB/s', 'of nginx', 'of nginx by CPU'],
      results.map(({ way, nginx, ours, byRate, byCost }) => [
        way,
        nginx.rate,
        ours.rate,
        byRate,
        byCost,
      ]),
    );
    return results;
  } finally {
    await rig.end();
  }
}
