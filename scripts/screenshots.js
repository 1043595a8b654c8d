// Makes the pictures of the dashboards in docs/images: `npm run screenshots`. It runs what was built: a broker, two gateways
// with several sites, and services: some instances have come to grief, and versions are rolled out; and a cluster of brokers.
// `npm run screenshots -- FOLDER broker` makes those of the broker alone. It needs Chromium and Redis (Debian's `chromium` and
// `redis-server`).
import { execFileSync, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { freePort } from '../test/support/free-port.js';
import { brokerScene } from './broker-scene.js';
import { ROOT } from './steps.js';

const CLI = join(ROOT, 'packages/cli/dist/main.js');
const ID_V5 = join(ROOT, 'services/id-v5/dist/main.js');
const VERSIONED = join(ROOT, 'test/support/versioned-service.js');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const TOKEN = 'a-token-for-the-pictures';
const FOLDER = process.argv[2] ?? join(ROOT, 'docs/images');
const IS_BROKER_ONLY = process.argv[3] === 'broker';
const SIZES = [
  { width: 360, height: 780 },
  { width: 800, height: 1000 },
  { width: 1440, height: 1080 },
];
/** Until the charts, of windows of 5 s, are full. */
const LOAD_MS = 160_000;
/** Until the log of a broker is full. */
const LOG_MS = 12_000;
const COLOR_SCHEMES = /** @type {const} */ (['light', 'dark']);

const agent = new Agent({ keepAlive: true });
/** @type {import('node:child_process').ChildProcess[]} */
const children = [];
const scratch = mkdtempSync(join(tmpdir(), 'rollcall-screenshots-'));
try {
  mkdirSync(FOLDER, { recursive: true });
  await brokerPictures();
  if (!IS_BROKER_ONLY) await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true });
}

async function main() {
  const { adminUrl, gatewayUrl, broker, services, env } = await system();
  const stopLoad = load(gatewayUrl);
  await sleep(LOAD_MS / 2);
  // One that does as well as the old version, and one that fails.
  await versioned(env, '1.5', 0);
  await versioned(env, '1.6', 0.1);
  // One that crashed, and one that an operator drained.
  services[1]?.kill('SIGKILL');
  await drain(adminUrl);
  await sleep(LOAD_MS / 2);

  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  /**
   * @param {string} name
   * @param {string} shown what is waited for
   * @param {import('playwright-core').BrowserContextOptions} options
   */
  async function picture(name, shown, options, place = '') {
    const page = await browser.newPage(options);
    await page.goto(adminUrl + place);
    await page.locator(shown).first().waitFor();
    await page.screenshot({ path: join(FOLDER, `${name}.png`) });
    await page.close();
  }
  for (const viewport of SIZES) {
    for (const colorScheme of COLOR_SCHEMES) {
      const name = `dashboard-${viewport.width}-${colorScheme}`;
      await picture(name, 'figcaption', { viewport, colorScheme });
    }
  }
  const viewport = { width: 1440, height: 900 };
  await picture('explain', '.instance-history', { viewport }, '/#explain=%2Forders');
  broker.kill('SIGKILL');
  await picture('disconnected', '.alarm', { viewport });
  stopLoad();
  await browser.close();
}

async function brokerPictures() {
  const scene = await brokerScene(scratch, async (args) => {
    const child = node(CLI, ['broker', ...args], {
      ROLLCALL_LOG: 'text',
      ROLLCALL_BROKER_ADMIN_TOKEN: TOKEN,
    });
    const [listening, admin] = await Promise.all([
      line(child, /broker listens url=\S+?:(\d+)/),
      line(child, /admin API listens url=(\S+)/),
    ]);
    return { port: Number(listening[1]), adminUrl: admin[1] ?? '' };
  });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const viewport = { width: 1440, height: 900 };
  const pages = await Promise.all(
    COLOR_SCHEMES.map(async (colorScheme) => {
      const page = await browser.newPage({ viewport, colorScheme });
      await page.goto(`${scene.adminUrl}/#token=${TOKEN}`);
      return { page, colorScheme };
    }),
  );
  // The page shows what happens while it is open.
  await sleep(LOG_MS);
  for (const { page, colorScheme } of pages)
    await page.screenshot({ path: join(FOLDER, `broker-1440-${colorScheme}.png`) });
  await browser.close();
  scene.end();
}

async function system() {
  const base = {
    PUSHER_HOST: '127.0.0.1',
    ROLLCALL_SNAPSHOT: 'none',
    ROLLCALL_AUDIT_LOG: 'none',
    ROLLCALL_LOG: 'text',
    ROLLCALL_ADMIN_TOKEN: TOKEN,
  };
  const broker = node(CLI, ['broker', '--port', '0'], base);
  const [, port = ''] = await line(broker, /broker listens url=\S+?:(\d+)/);
  const env = { ...base, PUSHER_PORT: port };
  const listens = /gateway listens url=(\S+) adminUrl=(\S+)/;
  const config = await configuration();
  const httpPort = await freePort();
  const http = ['--http-port', String(httpPort), '--set', 'tls.http=serve'];
  const gateway = node(CLI, ['gateway', '--port', '0', '--config', config, ...http], env);
  const [, , adminUrl = ''] = await line(gateway, listens);
  await line(node(CLI, ['gateway', '--port', '0', '--config', config], env), listens);
  const services = [];
  for (const name of ['one', 'two', 'three']) {
    const service = node(ID_V5, [], { ...env, PORT: '0', SERVER_NAME: name });
    await line(service, /registered /);
    services.push(service);
  }
  await versioned(env, '1.4', 0);
  await versioned(env, '1.4', 0);
  return { adminUrl, gatewayUrl: `http://127.0.0.1:${httpPort}`, broker, services, env };
}

/** Several sites: one of announced services, one of servers that announce nothing, one that redirects. */
async function configuration() {
  const upstreams = [];
  for (const name of ['left', 'right']) {
    const server = createServer((_request, response) => response.end(name));
    await once(server.listen(0, '127.0.0.1').unref(), 'listening');
    const address = server.address();
    if (typeof address === 'object') upstreams.push(`http://127.0.0.1:${address?.port}`);
  }
  const file = join(scratch, 'rollcall.json');
  const config = {
    domain: 'api.example.com',
    tls: { certificates: ['api.example.com', '*.example.com'].map(certificate) },
    routes: {
      'static.example.com/': { upstreams },
      'www.example.com/': { redirect: { host: 'static.example.com' } },
    },
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/**
 * A certificate for a host, by openssl.
 * @param {string} host
 */
function certificate(host) {
  const [cert, key] = [join(scratch, `${host}.pem`), join(scratch, `${host}-key.pem`)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '60'];
  const name = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-out', cert, '-keyout', key], {
    stdio: 'pipe',
  });
  return { cert, key };
}

/**
 * An instance of a version, of which a share of the requests fails.
 * @param {Record<string, string>} env
 * @param {string} version
 * @param {number} failures
 */
async function versioned(env, version, failures) {
  const args = ['/orders', version, '1', String(failures), '8'];
  await line(node(VERSIONED, args, env), /registered/);
}

/** @param {string} adminUrl */
async function drain(adminUrl) {
  const answer = await fetch(`${adminUrl}/api/instances?prefix=/v1`);
  const { instances } = /** @type {{ instances: { key: string }[] }} */ (await answer.json());
  const key = instances[2]?.key;
  await fetch(`${adminUrl}/api/instances/${key}/drain`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
}

/**
 * Requests at a rate that goes up and down.
 * @param {string} url
 */
function load(url) {
  let tick = 0;
  const timer = setInterval(() => {
    tick++;
    const many = 2 + Math.round(2 * Math.sin(tick / 40) + 2 * Math.random());
    for (let count = 0; count < many; count++) {
      send(`${url}/v1/generate`, 'api.example.com', { id: String(count) });
      send(`${url}/orders`, 'api.example.com');
      send(`${url}/orders`, 'api.example.com');
      send(`${url}/`, 'static.example.com');
    }
  }, 50);
  return () => clearInterval(timer);
}

/**
 * @param {string} url
 * @param {string} host
 * @param {object} [body]
 */
function send(url, host, body) {
  const method = body === undefined ? 'GET' : 'POST';
  const headers = { host, 'content-type': 'application/json' };
  const sent = request(url, { method, agent, headers }, (response) => response.resume());
  sent.on('error', () => {}).end(body && JSON.stringify(body));
}

/**
 * @param {string} module
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
function node(module, args, env) {
  return track(
    fork(module, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }),
  );
}

/** @param {import('node:child_process').ChildProcess} child */
function track(child) {
  children.push(child);
  return child;
}

/**
 * The first line of a program that matches.
 * @param {import('node:child_process').ChildProcess} child
 * @param {RegExp} pattern
 * @returns {Promise<RegExpExecArray>}
 */
function line(child, pattern) {
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (text) => {
        const match = pattern.exec(text);
        if (match !== null) resolve(match);
      });
    }
    child.once('close', () => reject(new Error(`ended without a line like ${pattern}`)));
  });
}
