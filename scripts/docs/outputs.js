// The blocks of the documents that begin with "```console live": a command, and what it really prints. Run by itself, it
// writes what they print now if its shape is another. test/docs/outputs.test.ts compares the shapes.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../steps.js';
import { freePort } from '../../test/support/free-port.js';

const CLI = join(ROOT, 'packages/cli/dist/main.js');
const BLOCK = /^```console live\n\$ (.+)\n([^]*?)^```$/gm;
const PAGES = [
  'README.md',
  'docs/operations.md',
  'docs/reference/admin-api.md',
  'docs/reference/errors.md',
  'docs/reference/metrics.md',
];

/** @typedef {{ file: string, command: string, output: string }} Documented */

/** @returns {Documented[]} */
export function documentedOutputs() {
  return PAGES.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(BLOCK)].map(
      ([, command = '', output = '']) => ({ file, command, output }),
    ),
  );
}

/**
 * The lines of an output without what differs from run to run: times, numbers, ids, the width of columns.
 * @param {string} output
 */
export function shapeOf(output) {
  const lines = output.split('\n').map((line) =>
    line
      .replaceAll(/\b(?=\w*\d)[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[A-Z2-7]{26}\b/g, 'ID')
      .replaceAll(/\b[0-9a-f]{16,}(?:-\w+)?\b/g, 'ID')
      .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]+ GMT/g, 'DATE')
      .replaceAll(/\d[\d.,:]*/g, 'N')
      .replaceAll(/ {2,}/g, '  ')
      .trim(),
  );
  return [...new Set(lines.filter((line) => line !== ''))];
}

/** The whole system, on ports of its own. */
export class LiveSystem {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {Record<'gateway' | 'admin' | 'broker', number>} ports
   */
  constructor(child, ports) {
    this.child = child;
    this.ports = ports;
  }

  static async start() {
    const [gateway, broker] = [await freePort(), await freePort()];
    const ports = ['--port', String(gateway), '--broker-port', String(broker)];
    const args = ['up', '--procfile', join(ROOT, 'Procfile'), ...ports];
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let admin = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, dashboard } = JSON.parse(line);
      if (msg !== 'everything runs') continue;
      admin = Number(new URL(dashboard).port);
      break;
    }
    child.stdout.resume();
    return new LiveSystem(child, { gateway, admin, broker });
  }

  /** Has both services answer a request. */
  async generate() {
    const url = `http://127.0.0.1:${this.ports.gateway}`;
    const body = '{"id":"3jhbj333"}';
    const headers = { 'Content-Type': 'application/json' };
    await (await fetch(`${url}/v1/generate`, { method: 'POST', headers, body })).text();
    await (await fetch(`${url}/v2/generate`, { method: 'POST' })).text();
  }

  /**
   * What a documented command prints, with the ports that the documents have.
   * @param {string} command
   */
  run(command) {
    const { gateway, admin, broker } = this.ports;
    const own = command
      .replaceAll(/\b1501\b/g, String(admin))
      .replaceAll(/\b1500\b/g, String(gateway))
      .replace('npx rollcall', `'${process.execPath}' '${CLI}'`)
      // Without a terminal it would draw its progress.
      .replace(/^curl /, 'curl -sS ');
    const { stdout } = spawnSync('sh', ['-c', `{ ${own}; } 2>&1`], {
      encoding: 'utf8',
      env: {
        PATH: process.env['PATH'] ?? '',
        PUSHER_PORT: String(broker),
        ROLLCALL_ADMIN: `http://127.0.0.1:${admin}`,
      },
    });
    return stdout
      .replaceAll('\r', '')
      .replaceAll(String(gateway), '1500')
      .replaceAll(String(admin), '1501')
      .replaceAll(String(broker), '6001');
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await ended;
  }
}

if (process.argv[1] === import.meta.filename) {
  const system = await LiveSystem.start();
  try {
    // Until each instance was probed more than once, and there are figures of ten seconds.
    for (let count = 0; count < 50; count++) {
      await system.generate();
      await delay(100);
    }
    for (const file of PAGES) {
      const path = join(ROOT, file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        text.replaceAll(BLOCK, (block, command, before) => {
          const output = system.run(command).trimEnd();
          const isSame = String(shapeOf(output)) === String(shapeOf(before));
          return isSame ? block : `\`\`\`console live\n$ ${command}\n${output}\n\`\`\``;
        }),
      );
    }
  } finally {
    await system.stop();
  }
}
