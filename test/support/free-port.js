// A port for a program that cannot let the system choose one, or that has to be started again on the same one.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_000;
/** Where Linux begins by default. Other systems begin above. */
const EPHEMERAL = 32_768;

/**
 * A port of loopback that stays free until it is used. The system gives no program this port: it is below those that it
 * chooses from, for port 0 and for outgoing connections. No other process that calls this gets it, nor the next higher one,
 * while this process runs.
 * @returns {Promise<number>}
 */
export async function freePort() {
  const pairs = Math.floor((lowestEphemeral() - LOWEST) / 2);
  for (;;) {
    const port = LOWEST + 2 * Math.floor(Math.random() * pairs);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
}

function lowestEphemeral() {
  if (process.platform !== 'linux') return EPHEMERAL;
  const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t');
  return Math.max(Number(lowest), LOWEST + 1000);
}

/**
 * Holds a name that only one process can have, until that process ends. Only Linux has such names.
 * @param {number} port
 */
async function reserve(port) {
  if (process.platform !== 'linux') return true;
  const server = await listen({ path: `\0rollcall-test-port-${port}` });
  server?.unref();
  return server !== undefined;
}

/** @param {number} port */
async function isFree(port) {
  const server = await listen({ port, host: '127.0.0.1' });
  if (server === undefined) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * @param {import('node:net').ListenOptions} at
 * @returns {Promise<import('node:net').Server | undefined>} undefined if it is taken
 */
async function listen(at) {
  const server = createServer().listen(at);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
