// The proxies that are compared, and whether they are right.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { request as requestByTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { WORKER_FLAGS } from '../../packages/gateway/dist/workers/process.js';
import { ANSWER, caddyConfig, haproxyConfig, nginxConfig, upstreamConfig } from './configs.js';
import { LOAD_CORE, PROXY_CORE, script } from './rig.js';
import { freePort } from '../../test/support/free-port.js';

/** @typedef {{ cert: string, key: string }} Tls paths of files */
/** @typedef {{ port: number, upstream: number, sink: number, tls?: Tls | undefined, isHttp2?: boolean }} Ports */
/** @typedef {{ name: string, port: number, pid: number, isTls: boolean, isHttp2: boolean }} Proxy */
/** @typedef {import('./rig.js').Rig} Rig */

/** Of the tests. @type {Tls} */
const CERTIFICATE = {
  cert: script('../../test/support/tls/one-cert.pem'),
  key: script('../../test/support/tls/one-key.pem'),
};

/** Those of this runtime that are not ours; they have a package of their own. */
export const PEERS = [
  'fastify-http-proxy',
  'fast-gateway',
  'http-proxy',
  'http-proxy-3',
  'httpxy',
  'redbird',
  'redbird-keep-alive',
];

/** @type {Record<string, (rig: Rig, ports: Ports) => { command: string[], env?: Record<string, string> }>} */
const COMMANDS = {
  nginx: (rig, ports) => ({
    command: ['nginx', '-c', rig.file('nginx.conf', nginxConfig(rig.folder, ports))],
  }),
  haproxy: (rig, ports) => ({
    command: ['haproxy', '-q', '-f', rig.file('haproxy.cfg', haproxyConfig(ports))],
  }),
  caddy: (rig, ports) => ({
    command: [
      'caddy',
      'run',
      '--adapter',
      'caddyfile',
      '--config',
      rig.file('Caddyfile', caddyConfig(ports)),
    ],
    env: { GOMAXPROCS: '1', HOME: rig.folder },
  }),
  relay: (_rig, ports) => ({ command: node('relay.js', [ports.port, ports.upstream]) }),
  rollcall: (_rig, ports) => ({
    command: node('rollcall.js', [ports.port, ports.upstream, ports.sink], WORKER_FLAGS),
    env: ports.tls ? { TLS_CERT: ports.tls.cert, TLS_KEY: ports.tls.key } : {},
  }),
  ...Object.fromEntries(
    PEERS.map((name) => [
      name,
      (/** @type {Rig} */ _rig, /** @type {Ports} */ ports) => ({
        command: node('peers/proxy.js', [name, ports.port, ports.upstream]),
      }),
    ]),
  ),
};

export const ALL = Object.keys(COMMANDS);

/** Ours with less or more noted of requests: `-- --part saturation --only rollcall,rollcall-uncounted`. */
const VARIANTS = {
  'rollcall-uncounted': ['--uncounted'],
  'rollcall-log': ['--access-log', '1'],
  'rollcall-log-sampled': ['--access-log', '0.01'],
  'rollcall-traces': ['--traces'],
};
for (const [name, flags] of Object.entries(VARIANTS)) {
  COMMANDS[name] = (_rig, ports) => ({
    command: node('rollcall.js', [ports.port, ports.upstream, ports.sink, ...flags]),
  });
}

/**
 * Starts what answers, and these proxies in front of it, each checked for right answers.
 * @param {Rig} rig
 * @param {readonly string[]} names
 * @param {{ isTls?: boolean, isHttp2?: boolean }} [options]
 */
export async function startProxies(rig, names, { isTls = false, isHttp2 = false } = {}) {
  const tls = isTls ? CERTIFICATE : undefined;
  const [upstream, sink] = [await freePort(), await freePort()];
  rig.file('big', Buffer.alloc(1024 * 1024, 'x'));
  const config = rig.file('upstream.conf', upstreamConfig(rig.folder, upstream));
  rig.start(LOAD_CORE, ['nginx', '-c', config]);
  rig.start(LOAD_CORE, node('sink.js', [sink]));
  /** @type {Proxy[]} */
  const proxies = [];
  for (const name of names) {
    const describe = COMMANDS[name];
    if (describe === undefined) throw new Error(`there is no proxy ${name}`);
    const port = await freePort();
    const { command, env } = describe(rig, { port, upstream, sink, tls, isHttp2 });
    const { pid = 0 } = rig.start(PROXY_CORE, command, env);
    proxies.push({ name, port, pid, isTls, isHttp2 });
  }
  for (const proxy of proxies) await checkIsRight(proxy);
  return {
    proxies,
    direct: { name: 'no proxy', port: upstream, pid: 0, isTls: false, isHttp2: false },
  };
}

/** @param {Proxy} proxy @param {string} path */
export function urlOf({ port, isTls }, path) {
  return `http${isTls ? 's' : ''}://localhost:${port}${path}`;
}

/**
 * @param {string} name
 * @param {readonly (string | number)[]} args
 * @param {readonly string[]} [flags]
 */
function node(name, args, flags = []) {
  return [process.execPath, ...flags, script(name), ...args.map(String)];
}

/**
 * Waits until the proxy gives the upstream's answer to what it is asked, three times in a row.
 * @param {Proxy} proxy
 */
async function checkIsRight(proxy) {
  let right = 0;
  for (let attempt = 0; attempt < 100 && right < 3; attempt++) {
    right = (await ask(proxy)) === `200 ${ANSWER}` ? right + 1 : 0;
    if (right === 0) await sleep(100);
  }
  if (right < 3) throw new Error(`${proxy.name} answers wrongly: ${await ask(proxy)}`);
}

/**
 * @param {Proxy} proxy
 * @returns {Promise<string>}
 */
function ask({ port, isTls, isHttp2 }) {
  if (isHttp2) return askByHttp2(port);
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: '/v1/x', rejectUnauthorized: false };
    // Caddy tells its sites apart by host and port.
    const headers = { host: `localhost:${port}` };
    const asked = (isTls ? requestByTls : request)({ ...options, headers });
    asked.on('response', async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`);
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}

/** @param {number} port */
async function askByHttp2(port) {
  const session = connect(`http://localhost:${port}`);
  session.on('error', () => {});
  try {
    const stream = session.request({ ':path': '/v1/x' });
    const [headers] = await once(stream, 'response');
    return `${headers[':status']} ${await text(stream)}`;
  } catch (error) {
    return String(error);
  } finally {
    session.destroy();
  }
}
