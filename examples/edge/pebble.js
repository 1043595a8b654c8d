// Let's Encrypt's test server, and a DNS server for which every name is at this machine. The module proxy of Go has both.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const VERSION = 'v2.10.3';
const MODULE = 'github.com/letsencrypt/pebble/v2';

/** Where the programs are built. */
export const PEBBLE_FOLDER = join(tmpdir(), `rollcall-pebble-${VERSION}`);

/** Builds both, once. */
export function buildPebble() {
  const commands = ['pebble', 'pebble-challtestsrv'];
  go('install', ...commands.map((name) => `${MODULE}/cmd/${name}@${VERSION}`));
}

/** @param {string[]} args */
function go(...args) {
  const env = { GOFLAGS: '-mod=mod', GOBIN: PEBBLE_FOLDER, HOME: homedir(), ...process.env };
  return execFileSync('go', args, { env, encoding: 'utf8', stdio: 'pipe' });
}

/**
 * @typedef {object} PebblePorts
 * @property {number} acme
 * @property {number} management
 * @property {number} dns
 * @property {number} dnsManagement
 */

/**
 * Starts both. The CA of Pebble's own HTTPS is then in `pebble-ca.pem`, and the root of the certificates that it issues,
 * another one whenever it starts, in `root.pem`.
 * @param {import('./programs.js').Programs} programs
 * @param {string} folder
 * @param {PebblePorts} ports
 * @param {{ http: number, https: number }[]} gateways it looks for answers to challenges at the first, whichever has ordered
 */
export async function startPebble(programs, folder, ports, [gateway]) {
  const server = ['-dnsserver', `127.0.0.1:${ports.dns}`];
  const management = ['-management', `127.0.0.1:${ports.dnsManagement}`];
  const others = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', '', '-defaultIPv6', ''];
  const dns = [join(PEBBLE_FOLDER, 'pebble-challtestsrv'), ...server, ...management, ...others];
  await programs.start('dns', dns, [/Starting management server/]);

  // Its module has a certificate for localhost, and the CA of that.
  /** @type {{ Dir: string }} */
  const { Dir } = JSON.parse(go('mod', 'download', '-json', `${MODULE}@${VERSION}`));
  const certificates = join(Dir, 'test/certs');
  const pebble = {
    listenAddress: `127.0.0.1:${ports.acme}`,
    managementListenAddress: `127.0.0.1:${ports.management}`,
    certificate: join(certificates, 'localhost/cert.pem'),
    privateKey: join(certificates, 'localhost/key.pem'),
    httpPort: gateway?.http,
    tlsPort: gateway?.https,
    retryAfter: { authz: 1, order: 1 },
  };
  const config = join(folder, 'pebble.json');
  writeFileSync(config, JSON.stringify({ pebble }));
  const command = [join(PEBBLE_FOLDER, 'pebble'), '-config', config, ...server];
  await programs.start('pebble', command, [/ACME directory available/]);

  copyFileSync(join(certificates, 'pebble.minica.pem'), join(folder, 'pebble-ca.pem'));
  const ca = readFileSync(join(folder, 'pebble-ca.pem'));
  const [response] = await once(
    get(`https://localhost:${ports.management}/roots/0`, { ca }),
    'response',
  );
  writeFileSync(join(folder, 'root.pem'), await text(response));
}
