// Answers a second at most, and what each costs of the proxy's core.
import { startProxies } from './proxies.js';
import { show } from './report.js';
import { Rig } from './rig.js';
import { saturate } from './wrk.js';

/**
 * @param {{ proxies: readonly string[], rounds: number, seconds: number, warmUp: number, connections: number }} sizes
 * @param {{ title?: string, isTls?: boolean, isHttp2?: boolean }} [options]
 */
export async function saturation(sizes, options = {}) {
  const { title = 'small answers', ...protocol } = options;
  const rig = new Rig();
  try {
    const { proxies } = await startProxies(rig, sizes.proxies, protocol);
    for (const proxy of proxies) saturate(proxy, { ...sizes, seconds: sizes.warmUp });
    /** @type {import('./wrk.js').Load[][]} */
    const loads = proxies.map(() => []);
    // Interleaved, so that what else the machine does meets all alike.
    for (let round = 0; round < sizes.rounds; round++) {
      for (const [index, proxy] of proxies.entries()) loads[index]?.push(saturate(proxy, sizes));
    }
    const figures = proxies.map(({ name }, index) => ({
      name,
      // Of the rounds that were least disturbed: what else the machine does only ever takes.
      rate: Math.max(...(loads[index]?.map(({ rate }) => rate) ?? [])),
      cost: Math.min(...(loads[index]?.map(({ cost }) => cost) ?? [])),
    }));
    const [first] = figures;
    const ratios = figures.map(({ name, rate, cost }) => ({
      name,
      rate,
      cost,
      byRate: rate / (first?.rate ?? 1),
      byCost: (first?.cost ?? 1) / cost,
    }));
    show(
      [title, 'requests/s', `of ${first?.name}`, 'us of its core', `of ${first?.name}`],
      ratios.map(({ name, rate, cost, byRate, byCost }) => [name, rate, byRate, cost, byCost]),
    );
    return ratios;
  } finally {
    await rig.end();
  }
}
