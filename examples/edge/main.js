// `npm run edge`: two gateways at the edge, with all that they need, on this machine. See docs/guides/edge.md.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startClients } from './clients.js';
import { Issuer } from './issuer.js';
import { buildPebble, startPebble } from './pebble.js';
import { Programs } from './programs.js';

const DEFAULT_PORTS = {
  gateways: [
    { https: 8443, http: 8080, admin: 1501 },
    { https: 8444, http: 8081, admin: 1502 },
  ],
  broker: 6001,
  redis: 6390,
  pebble: { acme: 14_000, management: 15_000, dns: 8053, dnsManagement: 8055 },
};
/** @type {typeof DEFAULT_PORTS} */
const PORTS = JSON.parse(process.env['EDGE_PORTS'] ?? JSON.stringify(DEFAULT_PORTS));
const HOSTS = ['api.example.test', 'grpc.example.test'];
const FOLDER = import.meta.dirname;
const STATE = join(FOLDER, 'state');
const inState = (/** @type {string} */ name) => join(STATE, name);

const programs = new Programs(STATE);
const issuer = new Issuer();
const adminToken = randomBytes(16).toString('hex');
/** Of every program of Rollcall. */
const env = { PUSHER_PORT: String(PORTS.broker), ROLLCALL_LOG: 'text' };

const missing = [
  ['go', 'Go 1.24 or newer'],
  ['redis-server', 'Redis: apt-get install redis-server'],
].filter(([program = '']) => spawnSync(program, ['--version']).error !== undefined);
if (missing.length > 0) {
  console.error(`not on this machine: ${missing.map(([, name]) => name).join('; ')}`);
  process.exit(1);
}
try {
  await main();
} catch (error) {
  console.error(error);
  programs.stop(1);
}

async function main() {
  rmSync(STATE, { recursive: true, force: true });
  mkdirSync(STATE, { mode: 0o700 });
  await startSurroundings();
  await startGateways();
  await startServices();
  const ports = PORTS.gateways.map(({ https }) => https);
  const ca = readFileSync(inState('root.pem'), 'utf8');
  startClients(ports, ca, (consumer) => issuer.token(consumer));
  writeFileSync(inState('curlrc'), curlrc());
  console.log(help());
}

/** What is elsewhere in production: an identity provider, Redis, DNS, a certificate authority. */
async function startSurroundings() {
  writeFileSync(inState('jwks.json'), JSON.stringify(issuer.jwks));
  writeFileSync(inState('token'), issuer.token('ada'));
  writeFileSync(inState('share-key'), randomBytes(32).toString('base64'));

  const redis = ['redis-server', '--bind', '127.0.0.1', '--port', PORTS.redis, '--save', ''];
  await programs.start('redis', redis, [/Ready to accept connections/]);

  console.log('building Pebble ...');
  buildPebble();
  await startPebble(programs, STATE, PORTS.pebble, PORTS.gateways);
}

/** A broker and the gateways, until each has a certificate for each host. */
async function startGateways() {
  const broker = ['rollcall', 'broker', '--port', PORTS.broker];
  await programs.start('broker', broker, [/broker listens/], { env });
  const ready = HOSTS.map((host) => new RegExp(`(ordered|received) certificate .*name=${host}`));
  const command = ['rollcall', 'gateway', '--config', join(FOLDER, 'rollcall.json')];
  const gateways = PORTS.gateways.map(({ https, http, admin }, index) => {
    const name = `gateway-${index + 1}`;
    const own = {
      PORT: String(https),
      ROLLCALL_HTTP_PORT: String(http),
      ROLLCALL_ADMIN_PORT: String(admin),
      ROLLCALL_ADMIN_TOKEN: adminToken,
      ROLLCALL_SNAPSHOT: inState(`${name}/table.snapshot`),
      ROLLCALL_ACME_DIRECTORY: `https://localhost:${PORTS.pebble.acme}/dir`,
      ROLLCALL_REDIS_URL: `redis://127.0.0.1:${PORTS.redis}`,
    };
    return programs.start(name, command, ready, { env: { ...env, ...own }, isShown: true });
  });
  await Promise.all(gateways);
}

/** A service of gRPC, and two instances of the API in each of two versions. */
async function startServices() {
  const services = [
    ['greeter', 'greeter.js'],
    ['orders-1', 'orders.js', '1.4'],
    ['orders-2', 'orders.js', '1.4'],
    ['orders-3', 'orders.js', '1.5'],
    ['orders-4', 'orders.js', '1.5'],
  ];
  for (const [name = '', module = '', ...args] of services) {
    const command = [process.execPath, join(FOLDER, module), ...args];
    await programs.start(name, command, [/^registered$/], { env });
  }
}

/** What DNS and trusted authorities do in production, for curl. */
function curlrc() {
  const resolve = PORTS.gateways.flatMap(({ https, http }) =>
    [https, http].flatMap((port) => HOSTS.map((host) => `resolve = "${host}:${port}:127.0.0.1"\n`)),
  );
  return `cacert = "${inState('root.pem')}"\n${resolve.join('')}`;
}

function help() {
  const [first] = PORTS.gateways;
  const rows = PORTS.gateways.flatMap(({ https, admin }, index) => [
    [`gateway ${index + 1}`, ...HOSTS.map((host) => `https://${host}:${https}`)],
    ['dashboard', `http://127.0.0.1:${admin}/#token=${adminToken}`],
  ]);
  return `
${rows.map((row) => `  ${row.join('  ')}`).join('\n')}

In another terminal:
  cd examples/edge
  curl -K state/curlrc -H "Authorization: Bearer $(cat state/token)" https://api.example.test:${first?.https}/orders
  node greet.js Ada 127.0.0.1:${first?.https}
  npx rollcall rollout /orders

Ctrl+C stops everything.`;
}
