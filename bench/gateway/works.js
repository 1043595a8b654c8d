// The work that proxies are compared at, and what is to be reached of nginx.
import { BODY_KB } from './configs.js';
import { resume } from './load/handshakes.js';
import { askByH2load } from './load/h2load.js';
import { sendMessages } from './load/tunnels.js';
import { askByWrk } from './load/wrk.js';

/** @typedef {import('./proxies.js').Proxy} Proxy */
/** @typedef {import('./proxies.js').Protocol} Protocol */
/**
 * @typedef {object} Load
 * @property {string} path
 * @property {number} connections
 * @property {number} seconds
 * @property {string} [lua] the script of wrk
 * @property {readonly string[]} [args] of that script
 * @property {boolean} [closes] a connection for each request
 */
/**
 * @typedef {object} Work
 * @property {string} name
 * @property {Protocol} protocol
 * @property {(proxy: Proxy, load: Load) => import('./load/wrk.js').Answers} ask
 * @property {Omit<Load, 'connections' | 'seconds'>} load
 * @property {number} [connections] default 64
 * @property {number} aim of nginx
 * @property {boolean} [hasRelay] whether it is shown what Node alone does, because the aim is near to that
 */

/** What every proxy can do. */
export const SAME = relayed(wrk('the same head each time', { path: '/v1/x' }, 0.95));

/** @type {readonly Work[]} */
export const WORKS = [
  SAME,
  relayed(
    wrk("browsers' heads that differ each time", { path: '/v1/x', lua: 'browsers.lua' }, 0.9),
  ),
  wrk('POST of 1 KB', { path: '/v1/x', lua: 'post.lua' }, 0.85),
  wrk('a connection for each request', { path: '/v1/x', closes: true }, 0.75),
  ...BODY_KB.map((kb) => wrk(`${size(kb)} down`, { path: `/v1/files/${kb}` }, 0.9)),
  ...BODY_KB.map((kb) => wrk(`${size(kb)} up`, { path: '/v2/x', ...post(kb * 1024) }, 0.9)),
  {
    name: 'WebSocket messages of 128 bytes',
    protocol: 'http1',
    ask: sendMessages,
    load: { path: '/v3/x' },
    aim: 0.9,
  },
  wrk('TLS, kept alive', { path: '/v1/x' }, 0.8, 'tls'),
  relayed(wrk('TLS, a full handshake each', { path: '/v1/x', closes: true }, 0.7, 'tls')),
  {
    name: 'TLS, a resumed handshake each',
    protocol: 'tls',
    ask: resume,
    load: { path: '/v1/x' },
    connections: 1,
    aim: 0.7,
  },
  { name: 'HTTP/2', protocol: 'http2', ask: askByH2load, load: { path: '/v1/x' }, aim: 1 },
  {
    name: 'gRPC, unary calls',
    protocol: 'grpc',
    ask: askByH2load,
    load: { path: '/bench.Echo/Say' },
    // nginx opens a connection to the upstream for each call that is under way, 32 on each of these.
    connections: 8,
    aim: 1,
  },
];

/**
 * @param {string} name
 * @param {Work['load']} load
 * @param {number} aim
 * @param {Protocol} [protocol]
 * @returns {Work}
 */
function wrk(name, load, aim, protocol = 'http1') {
  // Bodies of 1 MiB on 64 connections would be 64 MiB under way, which no client's share is.
  const isLarge = name.startsWith('1 MiB');
  return { name, protocol, ask: askByWrk, load, aim, ...(isLarge && { connections: 8 }) };
}

/** @param {Work} work @returns {Work} */
function relayed(work) {
  return { ...work, hasRelay: true };
}

/** @param {number} bytes */
function post(bytes) {
  return { lua: 'post.lua', args: [String(bytes)] };
}

/** @param {number} kb */
function size(kb) {
  return kb === 1024 ? '1 MiB' : `${kb} KB`;
}
