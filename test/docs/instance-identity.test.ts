import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explained } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { blockOf, Scratch } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
import type { RunningProgram } from '../support/processes.ts';

const GUIDE = 'docs/guides/instance-identity.md';

let folder: string;
let cluster: Cluster;
const scratch = new Scratch();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-guide-'));
  const script = blockOf(GUIDE, 'sh', 'openssl');
  const billing = 'issue billing URI:spiffe://example.org/billing';
  execFileSync('bash', ['-euc', `${script}\n${billing}`], { cwd: folder, stdio: 'ignore' });
  cluster = await Cluster.start();
});
afterAll(async () => {
  await cluster.end();
  scratch.clear();
  rmSync(folder, { recursive: true });
});

/** A block with the files of this folder. */
function withFiles(text: string): string {
  return text.replaceAll(/(?<=['"])[\w-]+\.pem(?=['"])/g, (name) => join(folder, name));
}

const POLL = { timeout: 10_000, interval: 200 };

/** What a command prints of this gateway. */
async function printed({ adminUrl }: RunningGateway, ...args: string[]): Promise<string> {
  const program = cluster.cli([...args, '--admin', adminUrl]);
  await program.ended;
  return program.output;
}

function service(code: string, port: number): RunningProgram {
  const module = scratch.file('orders.mjs', withFiles(code));
  return cluster.programs.node(module, [], { ...cluster.env, PORT: String(port) });
}

describe(GUIDE, () => {
  it('leads to requests by certificates, and to none for an impostor, with the lines that it shows', async () => {
    const file = join(folder, 'gateway.json');
    writeFileSync(file, withFiles(blockOf(GUIDE, 'json', 'instanceCert')));
    const gateway = await cluster.gateway(['--config', file]);
    const port = await freePort();
    const code = blockOf(GUIDE, 'js', 'requestCert');
    const orders = service(code, port);
    const [, expected = ''] = blockOf(GUIDE, 'console', 'curl').split(/(?<=orders\/)\n/);
    await expect
      .poll(async () => (await ask(`${gateway.url}/orders/`)).body, { timeout: 10_000 })
      .toBe(expected);

    orders.kill('SIGKILL');
    await orders.ended;
    const impostor = code
      .replaceAll('orders.pem', 'billing.pem')
      .replace('orders-key', 'billing-key');
    service(impostor.replace(/await register\([^]*?\}\);/, ''), port);
    const shown = blockOf(GUIDE, 'console', 'rollcall explain').trim().split('\n').slice(1);
    for (const line of shown)
      await expect
        .poll(() => printed(gateway, 'explain', '/orders'), POLL)
        .toContain(line.replace(/^ +[\d:.]+ +/, ''));
    await gateway.program.line(/instance down .*\(it does not prove who it is: /);
    expect((await ask(`${gateway.url}/orders/`)).status).toBe(503);
  });

  it('has a command for programs that know nothing of Rollcall', async () => {
    const gateway = await cluster.gateway();
    const port = await freePort();
    const listens = `import { createServer } from 'node:net'; createServer().listen(${port}, '127.0.0.1');`;
    const words = blockOf(GUIDE, 'sh', 'rollcall run')
      .trim()
      .replace('4000', String(port))
      .split(' ');
    const program = ['--', process.execPath, scratch.file('plain.mjs', listens)];
    cluster.cli([...words.slice(2, words.indexOf('--')), ...program]);
    await gateway.program.line(
      new RegExp(`route registered .*/orders -> https://127.0.0.1:${port}`),
    );
    const { instances } = await explained(gateway, '/orders');
    expect(instances.map(({ announcement }) => announcement.tls)).toContainEqual({
      spiffeId: 'spiffe://example.org/orders',
    });
  });
});
