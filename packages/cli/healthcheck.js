// The health check of the image, for every command. A server is healthy if one of the ports that it listens on answers
// anything at all: a gateway that knows no service answers 404, one with TLS closes the connection, one that hangs does
// neither. A command that is no server is healthy while it runs.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';

const TIMEOUT_MS = 3_000;
const LISTENING = '0A';
const SERVER = /\/rollcall\0(?:auth|broker|gateway|up)\b/;

const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
const endpoints = listeningEndpoints();
const isServer = processes.some((pid) => SERVER.test(read(`/proc/${pid}/cmdline`)));
try {
  if (isServer || endpoints.length > 0) await Promise.any(endpoints.map(answer));
  process.exit(0);
} catch {
  const places = endpoints.map(({ host, port }) => `${host} port ${port}`).join(', ');
  console.log(`no answer: ${places || 'nothing listens'}`);
  process.exit(1);
}

/** Where the processes of this container listen. A network that is shared with the host has other listeners, too. */
function listeningEndpoints() {
  const own = new Set(processes.flatMap(socketsOf));
  return ['tcp', 'tcp6'].flatMap((table) => {
    const [, ...rows] = read(`/proc/net/${table}`).trim().split('\n');
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENING && own.has(inode ?? ''))
      .flatMap(([, local = '']) => endpointsOf(local));
  });
}

/** @param {string} pid */
function socketsOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/^socket:\[(\d+)\]$/, '$1'),
    );
  } catch {
    // It has ended, or is not ours.
    return [];
  }
}

/** @param {string} local as in /proc/net/tcp, such as 0100007F:05DC: words of a little-endian machine */
function endpointsOf(local) {
  const [address = '', port = ''] = local.split(':');
  const bytes = Buffer.from(address, 'hex').swap32();
  const isIpv4 = bytes.length === 4;
  const isAny = bytes.every((byte) => byte === 0);
  const ipv6 = (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  // All addresses of IPv6 are those of IPv4, too, and a container may have no other.
  const any = isIpv4 ? ['127.0.0.1'] : ['::1', '127.0.0.1'];
  const hosts = isAny ? any : [isIpv4 ? bytes.join('.') : ipv6];
  return hosts.map((host) => ({ host, port: Number.parseInt(port, 16) }));
}

/** @param {{ host: string, port: number }} endpoint */
function answer({ host, port }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('timeout')));
    socket.on('data', resolve).on('end', resolve).on('error', reject);
    socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  });
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
