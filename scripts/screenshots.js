// Makes the pictures of the dashboard in docs/images: `npm run screenshots`. It runs what was built: a broker, two
// gateways and services, some of which have come to grief. It needs Chromium (Debian's `chromium`).
import { fork, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { ROOT } from './steps.js';

const CLI = join(ROOT, 'packages/cli/dist/main.js');
const ID_V5 = join(ROOT, 'services/id-v5/dist/main.js');
const ID_V4 = join(ROOT, 'services/id-v4/bin/id-v4');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const TOKEN = 'a-token-for-the-pictures';
const FOLDER = process.argv[2] ?? join(ROOT, 'docs/images');
const SIZES = [
  { width: 360, height: 780 },
  { width: 800, height: 1000 },
  { width: 1440, height: 900 },
];
/** Until the charts, of windows of 5 s, are full. */
const LOAD_MS = 160_000;

/** @type {import('node:child_process').ChildProcess[]} */
const children = [];
try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
}

async function main() {
  const { adminUrl, gatewayUrl, broker, services } = await system();
  const stopLoad = load(gatewayUrl);
  await sleep(LOAD_MS / 2);
  // One that crashed, and one that an operator drained.
  services[1]?.kill('SIGKILL');
  await drain(adminUrl);
  await sleep(LOAD_MS / 2);

  mkdirSync(FOLDER, { recursive: true });
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
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      const name = `dashboard-${viewport.width}-${colorScheme}`;
      await picture(name, 'figcaption', { viewport, colorScheme });
    }
  }
  const viewport = { width: 1440, height: 900 };
  await picture('explain', '.instance-history', { viewport }, '/#explain=%2Fv1%2Fgenerate');
  broker.kill('SIGKILL');
  await picture('disconnected', '.alarm', { viewport });
  stopLoad();
  await browser.close();
}

async function system() {
  const base = {
    PUSHER_HOST: '127.0.0.1',
    ROLLCALL_SNAPSHOT: 'none',
    ROLLCALL_LOG: 'text',
    ROLLCALL_ADMIN_TOKEN: TOKEN,
  };
  const broker = node(CLI, ['broker', '--port', '0'], base);
  const [, port = ''] = await line(broker, /broker listens url=\S+?:(\d+)/);
  const env = { ...base, PUSHER_PORT: port };
  const listens = /gateway listens url=(\S+) adminUrl=(\S+)/;
  const gateway = node(CLI, ['gateway', '--port', '0'], env);
  const [, gatewayUrl = '', adminUrl = ''] = await line(gateway, listens);
  await line(node(CLI, ['gateway', '--port', '0'], env), listens);
  const services = [];
  for (const name of ['one', 'two', 'three', 'four']) {
    const service = node(ID_V5, [], { ...env, PORT: '0', SERVER_NAME: name });
    await line(service, /registered /);
    services.push(service);
  }
  if (existsSync(ID_V4)) {
    for (const name of ['five', 'six']) {
      const service = track(
        spawn(ID_V4, ['-http.port', '0'], { env: { ...process.env, ...env, SERVER_NAME: name } }),
      );
      await line(service, /registered /);
    }
  }
  return { adminUrl, gatewayUrl, broker, services };
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
      void fetch(`${url}/v1/generate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: String(count) }),
      }).then(
        (answer) => answer.text(),
        () => {},
      );
      void fetch(`${url}/v2/generate`, { method: 'POST' }).then(
        (answer) => answer.text(),
        () => {},
      );
    }
  }, 50);
  return () => clearInterval(timer);
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
