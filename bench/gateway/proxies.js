// The proxies that are compared, and whether they are right.
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { request as requestByTls } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';
import {
  ANSWER,
  BODY_KB,
  caddyConfig,
  haproxyConfig,
  nginxConfig,
  rollcallConfig,
  upstreamConfig,
} from './configs.js';
import { LOAD_CORE, PROXY_CORE, script } from './rig.js';

const CLI = '../../packages/cli/bin/rollcall.js';
const APP = {
  PUSHER_APP_ID: 'bench',
  PUSHER_APP_KEY: 'bench-key',
  PUSHER_APP_SECRET: 'bench-secret',
};

/** @typedef {{ cert: string, key: string }} Tls paths of files */
/** @typedef {'http1' | 'tls' | 'http2' | 'grpc'} Protocol that clients speak; HTTP/2 without TLS */
/** @typedef {{ port: number, upstream: number, sink: number, echo: number, grpc: number, protocol: Protocol, tls: Tls | undefined }} Ports */
/** @typedef {{ name: string, port: number, pid: number, protocol: Protocol }} Proxy */
/** @typedef {import('./rig.js').Rig} Rig */
/** @typedef {{ command: string[], env?: Record<string, string> }} Program */

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

/** @type {Record<string, (rig: Rig, ports: Ports) => Program>} */
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
  relay: (_rig, { port, upstream, tls }) => ({
    command: node('relay.js', [port, upstream, ...(tls ? [tls.cert, tls.key] : [])]),
  }),
  rollcall: gateway(),
  'rollcall-workers': gateway({ workers: 2 }),
  'rollcall-log': gateway({ accessLog: { to: 'stdout' } }),
  'rollcall-log-sampled': gateway({ accessLog: { to: 'stdout', sample: 0.01 } }),
  'rollcall-traces': gateway({ traces: true }),
  ...Object.fromEntries(
    PEERS.map((name) => [
      name,
      (/** @type {Rig} */ _rig, /** @type {Ports} */ { port, upstream }) => ({
        command: node('peers/proxy.js', [name, port, upstream]),
      }),
    ]),
  ),
};

/** What is compared; ours with other settings if they are named. */
export const ALL = Object.keys(COMMANDS).filter((name) => !name.startsWith('rollcall-'));

/**
 * Ours, as a user starts it.
 * @param {object} [settings]
 * @returns {(rig: Rig, ports: Ports) => Program}
 */
function gateway(settings) {
  return (rig, ports) => {
    const config = rollcallConfig(rig.folder, ports, settings);
    const file = rig.file(`rollcall-${ports.port}.json`, config);
    return { command: node(CLI, ['gateway', '--config', file]) };
  };
}

/**
 * Starts what answers, and these proxies in front of it, each checked for right answers.
 * @param {Rig} rig
 * @param {readonly string[]} names
 * @param {Protocol} protocol
 * @param {typeof COMMANDS} [commands]
 * @returns {Promise<Proxy[]>}
 */
export async function startProxies(rig, names, protocol, commands = COMMANDS) {
  const upstreams = await startUpstreams(rig);
  const tls = protocol === 'tls' ? CERTIFICATE : undefined;
  /** @type {Proxy[]} */
  const proxies = [];
  for (const name of names) {
    const describe = commands[name];
    if (describe === undefined) throw new Error(`there is no proxy ${name}`);
    const port = await freePort();
    const { command, env } = describe(rig, { ...upstreams, port, protocol, tls });
    const { pid = 0 } = rig.start(PROXY_CORE, command, env);
    proxies.push({ name, port, pid, protocol });
  }
  for (const proxy of proxies) await checkIsRight(proxy);
  return proxies;
}

/** @param {Rig} rig */
async function startUpstreams(rig) {
  const [upstream, sink, echo, grpc] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  mkdirSync(join(rig.folder, 'files'));
  for (const kb of BODY_KB) rig.file(`files/${kb}`, Buffer.alloc(kb * 1024, 'x'));
  rig.start(LOAD_CORE, [
    'nginx',
    '-c',
    rig.file('upstream.conf', upstreamConfig(rig.folder, upstream)),
  ]);
  for (const [name, port] of Object.entries({ sink, echo, grpc }))
    rig.start(LOAD_CORE, node(`upstreams/${name}.js`, [port]));
  // The registry of ours. It has nothing to do: what the gateway serves is configured.
  const broker = await freePort();
  rig.start(LOAD_CORE, node(CLI, ['broker']), {
    ...APP,
    PUSHER_PORT: String(broker),
  });
  Object.assign(rig.env, APP, { PUSHER_HOST: '127.0.0.1', PUSHER_PORT: String(broker) });
  return { upstream, sink, echo, grpc };
}

/** @param {Proxy} proxy @param {string} path */
export function urlOf({ port, protocol }, path) {
  return `http${protocol === 'tls' ? 's' : ''}://localhost:${port}${path}`;
}

/** @param {string} name @param {readonly (string | number)[]} args */
export function node(name, args) {
  return [process.execPath, script(name), ...args.map(String)];
}

/**
 * Waits until the proxy gives the upstream's answer to what it is asked, three times in a row.
 * @param {Proxy} proxy
 */
async function checkIsRight(proxy) {
  const expected = proxy.protocol === 'grpc' ? '200, grpc-status 0' : `200 ${ANSWER}`;
  let right = 0;
  let answer = '';
  for (let attempt = 0; attempt < 100 && right < 3; attempt++) {
    answer = await ask(proxy);
    right = answer === expected ? right + 1 : 0;
    if (right === 0) await sleep(100);
  }
  if (right < 3) throw new Error(`${proxy.name} answers wrongly: ${answer}`);
}

/**
 * @param {Proxy} proxy
 * @returns {Promise<string>}
 */
function ask({ port, protocol }) {
  if (protocol === 'http2' || protocol === 'grpc') return askByHttp2(port, protocol === 'grpc');
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', path: '/v1/x', rejectUnauthorized: false };
    // Caddy tells its sites apart by host and port.
    const headers = { host: `localhost:${port}` };
    const asked = (protocol === 'tls' ? requestByTls : request)({ ...options, headers });
    asked.on('response', async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`);
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end();
  });
}

const CALL = {
  ':method': 'POST',
  ':path': '/bench.Echo/Say',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** @param {number} port @param {boolean} isCall whether by gRPC */
async function askByHttp2(port, isCall) {
  const session = connect(`http://localhost:${port}`);
  session.on('error', () => {});
  try {
    const stream = session.request(isCall ? CALL : { ':path': '/v1/x' });
    if (isCall) stream.end(readFileSync(script('load/message.grpc')));
    /** @type {Record<string, unknown>} */
    let trailers = {};
    stream.on('trailers', (come) => (trailers = come));
    const [headers] = await once(stream, 'response');
    const body = await text(stream);
    return isCall
      ? `${headers[':status']}, grpc-status ${String(trailers['grpc-status'])}`
      : `${headers[':status']} ${body}`;
  } catch (error) {
    return String(error);
  } finally {
    session.destroy();
  }
}
