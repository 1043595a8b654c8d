import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDnsServer } from '../../packages/gateway/src/catalog/dns/server.ts';
import type { DnsServer } from '../../packages/gateway/src/catalog/dns/server.ts';
import { Zone } from '../../packages/gateway/src/catalog/dns/zone.ts';
import { catalogOf, LiveTable } from '../../packages/gateway/test/catalog/live-table.ts';
import { hasCaddy, hasDig, hasHaproxy } from '../support/available.ts';
import { ask } from '../support/cluster.ts';
import { blockOf, Scratch } from '../support/document.ts';
import { Programs } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

const programs = new Programs();
const scratch = new Scratch();
const cleanups: (() => unknown)[] = [];
let table: LiveTable;
let dns: DnsServer;
beforeEach(async () => {
  table = new LiveTable();
  dns = await createDnsServer({
    catalog: catalogOf(table, Date.now),
    domain: 'rollcall',
    ttl: 1,
    random: Math.random,
    host: '127.0.0.1',
    port: 0,
  });
});
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
  for (const cleanup of cleanups.splice(0)) cleanup();
  dns.close();
});

/** Starts an instance that answers with its id, and adds it to the table. */
async function startInstance(id: string, address: string = '127.0.0.1'): Promise<void> {
  const server = createServer((_request, response) => response.end(id));
  server.listen(0, address);
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  table.say(id, { prefix: '/orders', address, port: (server.address() as AddressInfo).port });
}

/** The documented configuration as a file, with the ports of this test. */
async function documentedConfig(
  language: string,
  file: string,
): Promise<{ path: string; url: string }> {
  const port = await freePort();
  const example = blockOf('docs/reference/integrations.md', language, '_orders._tcp');
  const content = example.replaceAll(':1553', `:${dns.port}`).replaceAll(':8080', `:${port}`);
  return { path: scratch.file(file, content), url: `http://127.0.0.1:${port}` };
}

/** Ids of the instances that answer a few requests, or the statuses of errors. */
async function answeringInstances(url: string): Promise<string[]> {
  const ids = new Set<string>();
  for (let count = 0; count < 8; count++) {
    const answer = await ask(url).catch(() => ({ status: 0, body: '' }));
    ids.add(answer.status === 200 ? answer.body : String(answer.status));
  }
  return [...ids].toSorted();
}

/** Expects requests at the two instances, then at a new one and not at one that is down. */
async function expectFollowsTable(url: string): Promise<void> {
  const patience = { timeout: 15_000, interval: 100 };
  await expect.poll(() => answeringInstances(url), patience).toEqual(['one', 'two']);
  await startInstance('three', '127.0.0.2');
  table.probed('one', 'refused');
  await expect.poll(() => answeringInstances(url), patience).toEqual(['three', 'two']);
}

async function dig(...args: string[]): Promise<string> {
  const program = programs.file('dig', ['@127.0.0.1', '-p', String(dns.port), ...args]);
  await program.ended;
  return program.output;
}

describe.skipIf(!hasDig)('dig (apt-get install dnsutils)', () => {
  it('accepts the answers without warnings', async () => {
    table.say('a', { prefix: '/orders', port: 3000 });
    table.say('b', { prefix: '/orders', address: 'fd00::7', port: 3001 });
    const command = blockOf('docs/reference/integrations.md', 'sh', 'dig').replace(
      '1553',
      String(dns.port),
    );
    const program = programs.file('bash', ['-euc', command]);
    expect((await program.ended).code).toBe(0);
    expect(program.output).toMatch(/status: NOERROR/);
    expect(program.output).toMatch(
      /flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 3/,
    );
    expect(program.output).toMatch(
      /\s1\s+IN\s+SRV\s+1 1 3000 0a000001-3000\.orders\.service\.rollcall\./,
    );
    expect(program.output).toMatch(/\s1\s+IN\s+AAAA\s+fd00::7/);
    // dig itself warns that recursion is not available.
    expect(program.output.replace(/.*recursion requested.*/, '')).not.toMatch(/warning|malformed/i);
    expect(await dig('+tcp', '+short', 'orders.service.rollcall', 'A')).toBe('10.0.0.1');
  });

  it('retries a truncated answer over TCP', async () => {
    for (let at = 1; at <= 100; at++) table.say(`i${at}`, { prefix: '/orders', port: at });
    const udp = await dig('+ignore', '+noedns', '_orders._tcp.service.rollcall', 'SRV');
    expect(udp).toMatch(/flags: qr aa tc rd;/);
    const answers = await dig('+noedns', '+short', '_orders._tcp.service.rollcall', 'SRV');
    expect(answers.split('\n').filter((line) => line.startsWith('1 1 '))).toHaveLength(100);
  });

  it('distinguishes unknown names from names without records of the type', async () => {
    table.say('a', { prefix: '/orders' });
    expect(await dig('other.service.rollcall')).toMatch(/NXDOMAIN[^]*rollcall\.\s+1\s+IN\s+SOA/);
    expect(await dig('orders.service.rollcall', 'TXT')).toMatch(/NOERROR[^]*ANSWER: 0[^]*IN\s+SOA/);
    expect(await dig('example.com')).toMatch(/REFUSED/);
  });
});

describe.skipIf(!hasHaproxy)('HAProxy (apt-get install haproxy)', () => {
  it('fills its server-template, and follows changes of the table', async () => {
    await startInstance('one');
    await startInstance('two');
    const { path, url } = await documentedConfig('haproxy', 'haproxy.cfg');
    const answer = vi.spyOn(Zone.prototype, 'answer');
    programs.file('haproxy', ['-db', '-f', path]);
    await expectFollowsTable(url);
    // The addresses were in the additional section.
    expect(new Set(answer.mock.calls.map(([{ type }]) => type))).toEqual(new Set(['SRV']));
    answer.mockRestore();
  });
});

describe.skipIf(!hasCaddy)('Caddy (apt-get install caddy)', () => {
  it('uses the instances as dynamic upstreams, and follows changes of the table', async () => {
    await startInstance('one');
    await startInstance('two');
    const { path, url } = await documentedConfig('caddy', 'Caddyfile');
    programs.file('caddy', ['run', '--adapter', 'caddyfile', '--config', path]);
    await expectFollowsTable(url);
  });
});
