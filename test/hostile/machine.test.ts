import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAKETIME } from '../support/available.ts';
import { ask, Cluster } from '../support/cluster.ts';
import { whyNoNamespaces } from '../support/network.ts';
import { childrenOf, PROGRAMS } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';
import { SmallDisk, whyNoSmallDisk } from '../support/small-disk.ts';

const WORKERS = [['1'], ['2']] as const;
const BAD = /went down|is down|suspected|ended \(|uncaught|unexpected/i;

let folder: string;
const clusters: Cluster[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-hostile-'));
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.end();
  rmSync(folder, { recursive: true, force: true });
});

interface World {
  readonly cluster: Cluster;
  readonly gateway: RunningProgram;
  readonly url: string;
}

interface WorldOptions {
  readonly args?: readonly string[];
  /** Of gateway and instance. */
  readonly env?: Environment;
  /** The name of the broker, for the gateway alone. */
  readonly host?: string;
  /** A command that starts the gateway. */
  readonly via?: readonly string[];
}

/** A broker, a gateway and an instance of /v1 that answers what a request to it is answered with. */
async function world({ args = [], env = {}, host, via = [] }: WorldOptions = {}): Promise<World> {
  const cluster = await Cluster.start('embedded');
  clusters.push(cluster);
  const gateway = cluster.programs.node(
    PROGRAMS.cli,
    ['gateway', '--port', '0', '--admin-port', '0', ...args],
    { ...cluster.env, ...env, ...(host !== undefined && { PUSHER_HOST: host }) },
    via,
  );
  const { port } = await gateway.listening;
  await cluster.idV5('one', env);
  const url = `http://127.0.0.1:${port}`;
  await vi.waitUntil(async () => (await statusOf(url)) === 200, { timeout: 10_000 });
  return { cluster, gateway, url };
}

async function statusOf(url: string): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  const { status } = await ask(`${url}/v1/generate`, {
    method: 'POST',
    headers,
    body: '{"id":"3jhbj333"}',
  });
  return status;
}

/** Expects that each request of so many seconds is answered with 200. */
async function servesFor(url: string, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    expect(await statusOf(url)).toBe(200);
    await sleep(20);
  }
}

describe.skipIf(FAKETIME === undefined)('a clock that is stepped by an hour', () => {
  it.each(WORKERS)('affects no request, with %s worker processes', async (workers) => {
    const file = join(folder, 'time');
    writeFileSync(file, '+0');
    const env = {
      LD_PRELOAD: FAKETIME ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    const { cluster, gateway, url } = await world({ args: ['--workers', workers], env });
    for (const step of ['+1h', '-1h', '+0']) {
      writeFileSync(file, step);
      await servesFor(url, 2500);
    }
    expect(gateway.output).not.toMatch(BAD);
    // Back to normal: others register, and leave.
    const two = await cluster.idV5('two', env);
    await vi.waitUntil(() => gateway.output.match(/route registered/g)?.length === 2, {
      timeout: 10_000,
    });
    two.kill('SIGTERM');
    await two.ended;
    await servesFor(url, 500);
  });
});

describe('a machine without CPU to spare', () => {
  it.each(WORKERS)('is served slowly, with %s worker processes', async (workers) => {
    const via = ['nice', '-n', '19'];
    const { gateway, url } = await world({ args: ['--workers', workers], via });
    const before = childrenOf(gateway.pid);
    const busy: ChildProcess[] = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
    );
    try {
      await servesFor(url, 5000);
    } finally {
      for (const child of busy) child.kill('SIGKILL');
    }
    await servesFor(url, 500);
    expect(childrenOf(gateway.pid)).toEqual(before);
  });
});

describe('a configuration whose folder is removed', () => {
  it.each(WORKERS)(
    'stays as it was until it is there again, with %s worker processes',
    async (workers) => {
      const settings = join(folder, 'settings');
      const file = join(settings, 'gateway.json');
      const write = (content: object): void => {
        mkdirSync(settings, { recursive: true });
        writeFileSync(file, JSON.stringify(content));
      };
      write({ limits: { answerMs: 1000 } });
      const { gateway, url } = await world({ args: ['--workers', workers, '--config', file] });
      rmSync(settings, { recursive: true });
      await gateway.line(/cannot reload configuration .*ENOENT/);
      await servesFor(url, 2500);
      write({ limits: { answerMs: 2000 } });
      await gateway.line(/reloaded configuration/);
      await servesFor(url, 500);
      expect(gateway.lines.filter((line) => line.includes('cannot reload'))).toHaveLength(1);
    },
  );
});

describe.skipIf(whyNoSmallDisk() !== undefined)('a snapshot on a disk that is full', () => {
  it.each(WORKERS)(
    'is said once, and saved when there is space, with %s worker processes',
    async (workers) => {
      const disk = new SmallDisk();
      try {
        const file = join(disk.folder, 'table');
        disk.fill();
        const { gateway, url } = await world({
          args: ['--workers', workers, '--snapshot', file],
        });
        await gateway.line(/cannot save the snapshot: trying again/);
        await servesFor(url, 1000);
        disk.free();
        await gateway.line(/saved the snapshot again/);
        expect(readFileSync(file, 'utf8')).toContain('/v1');
        expect(gateway.lines.filter((line) => line.includes('cannot save'))).toHaveLength(1);
      } finally {
        disk.end();
      }
    },
  );
});

describe.skipIf(whyNoNamespaces() !== undefined)('a name server that is gone', () => {
  it('keeps a gateway without its broker, which it finds again by name', async () => {
    const hosts = join(folder, 'hosts');
    const known = '127.0.0.1 localhost\n127.0.0.1 broker.test\n';
    writeFileSync(hosts, known);
    const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const { cluster, gateway, url } = await world({
      host: 'broker.test',
      via: ['unshare', '--mount', 'sh', '-c', script, hosts],
    });
    writeFileSync(hosts, '127.0.0.1 localhost\n');
    cluster.broker.kill('SIGKILL');
    await cluster.broker.ended;
    await gateway.line(/connection to the broker|disconnected|lost/i);
    await cluster.restartBroker();
    await servesFor(url, 4000);
    const found = gateway.nextLine(/connected to the broker/);
    writeFileSync(hosts, known);
    await found;
    await servesFor(url, 500);
  });
});

describe('a gateway with little memory', () => {
  it.each(WORKERS)(
    'passes bodies on that are larger than it, to clients that do not read, with %s worker processes',
    async (workers) => {
      const { cluster, gateway, url } = await world({
        args: ['--workers', workers],
        env: { NODE_OPTIONS: '--max-old-space-size=64' },
      });
      const instance = createServer((request, response) => {
        if (request.url === '/health') return void response.end();
        const chunk = Buffer.alloc(1024 * 1024);
        const more = (): void => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        more();
      });
      await new Promise<void>((resolve) => instance.listen(0, '127.0.0.1', resolve));
      const { port } = instance.address() as { port: number };
      await cluster.publish('register', { prefix: '/large', address: '127.0.0.1', port });
      await gateway.line(/route registered .*large/);
      const before = childrenOf(gateway.pid);
      const responses: IncomingMessage[] = [];
      for (let count = 0; count < 60; count++) {
        get(`${url}/large/x`, { agent: false }, (response) => {
          response.on('error', () => {});
          responses.push(response.pause());
        }).on('error', () => {});
      }
      await sleep(3000);
      await servesFor(url, 1000);
      for (const response of responses) response.destroy();
      expect(responses).toHaveLength(60);
      expect(childrenOf(gateway.pid)).toEqual(before);
      instance.close().closeAllConnections();
      await servesFor(url, 500);
    },
  );
});
