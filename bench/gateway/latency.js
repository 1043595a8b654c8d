// What a proxy adds to the time of an answer when it is busy but not overrun: at half of what nginx can do.
import { middle, takeTurns } from './compare.js';
import { startProxies } from './proxies.js';
import { median, show } from './report.js';
import { Rig, onLoadCore, script } from './rig.js';
import { SAME } from './works.js';

const NAMES = ['nginx', 'relay', 'rollcall'];
const SHARES = /** @type {const} */ (['p50', 'p99', 'p999']);

/** @param {import('./compare.js').Sizes} sizes */
export async function latency(sizes) {
  const rig = new Rig();
  try {
    const proxies = await startProxies(rig, NAMES, 'http1');
    const [saturated = []] = takeTurns(proxies, SAME, { ...sizes, rounds: 3, seconds: 1 });
    const rate = Math.floor(middle(saturated).rate / 2);
    /** @type {Record<typeof SHARES[number], number>[][]} */
    const rounds = proxies.map(() => []);
    for (let round = 0; round < sizes.rounds; round++) {
      for (const [index, { port }] of proxies.entries()) {
        const args = [port, rate, sizes.seconds, sizes.connections].map(String);
        const command = [process.execPath, script('load/constant-rate.js'), ...args];
        rounds[index]?.push(JSON.parse(onLoadCore(command)));
      }
    }
    const [nginx = []] = rounds;
    const results = NAMES.map((name, index) => {
      const own = rounds[index] ?? [];
      return {
        name,
        ms: SHARES.map((share) => median(own.map((each) => each[share]))),
        ofNginx: SHARES.map((share) =>
          median(own.map((each, round) => each[share] / (nginx[round]?.[share] ?? Number.NaN))),
        ),
      };
    });
    show(
      [`at ${rate} requests/s`, 'p50 ms', 'p99', 'p99.9', 'p50 of nginx', 'p99', 'p99.9'],
      results.map(({ name, ms, ofNginx }) => [name, ...ms, ...ofNginx]),
    );
    return results;
  } finally {
    await rig.end();
  }
}
