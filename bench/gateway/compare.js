// Proxies at the same work: how much of it they do, and what it costs of their core.
import { startProxies } from './proxies.js';
import { median, show, showRow } from './report.js';
import { cpuSeconds, Rig } from './rig.js';

/** @typedef {import('./proxies.js').Proxy} Proxy */
/** @typedef {import('./works.js').Work} Work */
/** @typedef {{ rate: number, us: number }} Done of work a second, and microseconds of the proxy's core for each */
/** @typedef {{ rounds: number, seconds: number, warmUp: number, connections: number }} Sizes */

/**
 * Ours beside nginx at each kind of work.
 * @param {readonly Work[]} works
 * @param {Sizes} sizes
 */
export async function compareWorks(works, sizes) {
  const results = [];
  show(TITLES, []);
  for (const protocol of new Set(works.map((work) => work.protocol))) {
    const rig = new Rig();
    const ofProtocol = works.filter((each) => each.protocol === protocol);
    const relays = ofProtocol.some(({ hasRelay }) => hasRelay) ? ['relay'] : [];
    try {
      const proxies = await startProxies(rig, ['nginx', 'rollcall', ...relays], protocol);
      for (const work of ofProtocol) {
        const compares = work.hasRelay === true ? proxies : proxies.slice(0, 2);
        const result = compared(work, takeTurns(compares, work, sizes));
        const { name, nginx, ours, ofNginx, ofNginxByCpu, nodeAlone, aim } = result;
        const rates = [nginx.rate, ours.rate, ofNginx];
        showRow([name, ...rates, nginx.us, ours.us, ofNginxByCpu, nodeAlone ?? '', aim]);
        results.push(result);
      }
    } finally {
      await rig.end();
    }
  }
  return results;
}

const TITLES = [
  'work',
  'nginx /s',
  'Rollcall /s',
  'of nginx',
  'nginx us',
  'Rollcall us',
  'by CPU',
  'Node alone',
  'aim',
];

/** @param {Work} work @param {readonly Done[][]} done by nginx, by ours, and by the relay if it is there */
function compared({ name, aim }, [nginx = [], ours = [], relay]) {
  return {
    name,
    nginx: middle(nginx),
    ours: middle(ours),
    ofNginx: ratio(ours, nginx, 'rate'),
    ofNginxByCpu: ratio(nginx, ours, 'us'),
    /** Of nginx, by rate. */
    nodeAlone: relay && ratio(relay, nginx, 'rate'),
    aim,
  };
}

/**
 * Every proxy at one kind of work.
 * @param {readonly string[]} names ours is one of them
 * @param {Work} work
 * @param {Sizes} sizes
 */
export async function comparePeers(names, work, sizes) {
  const rig = new Rig();
  try {
    const done = takeTurns(await startProxies(rig, names, work.protocol), work, sizes);
    const nginx = done[names.indexOf('nginx')] ?? [];
    const ours = done[names.indexOf('rollcall')] ?? [];
    const results = names.map((name, index) => {
      const own = done[index] ?? [];
      return {
        name,
        ...middle(own),
        ofNginx: ratio(own, nginx, 'rate'),
        ofNginxByCpu: ratio(nginx, own, 'us'),
        ours: ratio(ours, own, 'rate'),
      };
    });
    show(
      [work.name, '/s', 'us of its core', 'of nginx', 'of nginx by CPU', 'ours relative to it'],
      results.map(({ name, rate, us, ofNginx, ofNginxByCpu, ours: ofIt }) => [
        name,
        rate,
        us,
        ofNginx,
        ofNginxByCpu,
        ofIt,
      ]),
    );
    return results;
  } finally {
    await rig.end();
  }
}

/**
 * Rounds in turns, so that what else the machine does meets all alike.
 * @param {readonly Proxy[]} proxies
 * @param {Work} work
 * @param {Sizes} sizes
 */
export function takeTurns(proxies, work, { rounds, seconds, warmUp, connections }) {
  const load = {
    connections: Math.min(work.connections ?? connections, connections),
    ...work.load,
  };
  for (const proxy of proxies) if (warmUp > 0) work.ask(proxy, { ...load, seconds: warmUp });
  /** @type {Done[][]} */
  const done = proxies.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, proxy] of proxies.entries())
      done[index]?.push(doWork(proxy, work, { ...load, seconds }));
  }
  return done;
}

/**
 * @param {Proxy} proxy
 * @param {Work} work
 * @param {import('./works.js').Load} load
 * @returns {Done}
 */
function doWork(proxy, work, load) {
  const before = cpuSeconds(proxy.pid);
  const { rate, count } = work.ask(proxy, load);
  const used = cpuSeconds(proxy.pid) - before;
  return { rate, us: (used * 1e6) / count };
}

/** @param {readonly Done[]} done */
export function middle(done) {
  return { rate: median(done.map(({ rate }) => rate)), us: median(done.map(({ us }) => us)) };
}

/**
 * The median of the ratios of each round.
 * @param {readonly Done[]} above
 * @param {readonly Done[]} below
 * @param {keyof Done} what
 */
export function ratio(above, below, what) {
  return median(above.map((each, round) => each[what] / (below[round]?.[what] ?? Number.NaN)));
}
