// What a second worker adds. Both are on one core, as the proxy is elsewhere, so that each request shows what it costs when
// two share the work: with a core each they do twice as much, less that.
import { ratio, takeTurns } from './compare.js';
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { Rig } from './rig.js';
import { SAME } from './works.js';

/** @param {import('./compare.js').Sizes} sizes */
export async function workers(sizes) {
  const rig = new Rig();
  try {
    const proxies = await startProxies(rig, ['rollcall', 'rollcall-workers'], 'http1');
    const [one = [], two = []] = takeTurns(proxies, SAME, sizes);
    const scale = 2 * ratio(one, two, 'us');
    show(['workers', 'relative to one'], [['two, by the CPU time of a request', scale]]);
    return { scale };
  } finally {
    await rig.end();
  }
}
