// What a request costs of the gateway's core when 10,000 prefixes are asked in turn, so that what is kept of each has left the
// processor's caches since it was last asked. One prefix with as many instances shows how much of that is their connections.
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { middle, ratio, takeTurns } from './compare.js';
import { ANSWER } from './configs.js';
import { askByWrk } from './load/wrk.js';
import { node, startProxies, urlOf } from './proxies.js';
import { show } from './report.js';
import { Rig } from './rig.js';

/** @typedef {import('./compare.js').Sizes & { prefixes: number }} Sizes */

/** @param {Sizes} sizes */
export async function prefixes(sizes) {
  const { prefixes: count } = sizes;
  const results = [
    { name: `1 prefix, ${count} instances`, ...(await besideOne(sizes, 1)) },
    { name: `${count} prefixes, ${count} instances`, ...(await besideOne(sizes, count)) },
  ];
  show(
    ['prefixes in turn', 'us of its core', '1 prefix, 1 instance', 'ratio'],
    results.map(({ name, us, one, times }) => [name, us, one, times]),
  );
  return results;
}

/**
 * A gateway with so many prefixes, and one with a single instance. Both are asked for the same paths.
 * @param {Sizes} sizes
 * @param {number} services
 */
async function besideOne({ prefixes: count, ...sizes }, services) {
  const rig = new Rig();
  try {
    const proxies = await startProxies(rig, ['one', 'many'], 'http1', {
      one: dataPlane(1, 1),
      many: dataPlane(services, count),
    });
    for (const proxy of proxies) await checkIsRight(proxy, count);
    const load = { path: '/teams', lua: 'teams.lua', args: [String(count)] };
    /** @type {import('./works.js').Work} */
    const work = { name: 'teams', protocol: 'http1', ask: askByWrk, load, aim: 1 };
    const [one = [], many = []] = takeTurns(proxies, work, sizes);
    return { one: middle(one).us, us: middle(many).us, times: ratio(many, one, 'us') };
  } finally {
    await rig.end();
  }
}

/**
 * @param {number} prefixes
 * @param {number} instances
 * @returns {(rig: Rig, ports: import('./proxies.js').Ports) => import('./proxies.js').Program}
 */
function dataPlane(prefixes, instances) {
  return (_rig, { port, upstream }) => ({
    command: node('data-plane.js', [port, upstream, prefixes, instances]),
  });
}

/** Asks for each path once, which opens the connections, too. @param {import('./proxies.js').Proxy} proxy @param {number} count */
async function checkIsRight(proxy, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const urls = Array.from({ length: count }, (_, team) => urlOf(proxy, `/teams/${team}/things`));
  const answers = await Promise.all(urls.map((url) => ask(url, agent)));
  agent.destroy();
  const wrong = answers.findIndex((answer) => answer !== `200 ${ANSWER}`);
  if (wrong !== -1) throw new Error(`${urls[wrong]} is answered by ${answers[wrong]}`);
}

/** @param {string} url @param {Agent} agent @returns {Promise<string>} */
function ask(url, agent) {
  return new Promise((resolve) => {
    get(url, { agent }, async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`);
    }).on('error', (error) => resolve(error.message));
  });
}
