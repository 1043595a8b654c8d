import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Consul from 'consul';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogOf, LiveTable } from '../../packages/gateway/test/catalog/live-table.ts';
import { serve } from '../../packages/gateway/test/catalog/serve.ts';
import { hasGo } from '../support/available.ts';
import { blockOf, Scratch } from '../support/document.ts';
import { Programs } from '../support/processes.ts';

const programs = new Programs();
const scratch = new Scratch();
const cleanups: (() => unknown)[] = [];
let table: LiveTable;
let port: number;
beforeEach(async () => {
  table = new LiveTable();
  table.say('a', { prefix: '/orders', port: 3000 });
  const served = await serve(catalogOf(table, Date.now));
  cleanups.push(served.close);
  port = served.port;
});
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('the npm package consul', () => {
  it('lists services and instances', async () => {
    const consul = new Consul({ host: '127.0.0.1', port });
    expect(await consul.catalog.service.list()).toEqual({ orders: [] });
    expect(await consul.catalog.service.nodes('orders')).toMatchObject([{ ServicePort: 3000 }]);
    expect(await consul.health.service({ service: 'orders', passing: true })).toMatchObject([
      { Service: { ID: 'a', Address: '10.0.0.1', Port: 3000 }, Checks: [{ Status: 'passing' }] },
    ]);
    expect(await consul.agent.self()).toMatchObject({ Config: { Datacenter: 'rollcall' } });
    expect(await consul.status.leader()).toBe(`127.0.0.1:${port}`);
  });

  it('watches a service with the documented code', async () => {
    const example = blockOf('docs/reference/integrations.md', 'js', 'consul.watch');
    const module = scratch.file('watch.mjs', example.replace('1501', String(port)));
    const program = programs.node(module);
    await program.line(/^\[ '10\.0\.0\.1:3000' \]$/);
    table.say('b', { prefix: '/orders', port: 3001 });
    await program.line(/^\[ '10\.0\.0\.1:3000', '10\.0\.0\.1:3001' \]$/);
    table.probed('a', 'refused');
    await program.line(/^\[ '10\.0\.0\.1:3001' \]$/);
    table.leave('b');
    await program.line(/^\[\]$/);
  });
});

describe.skipIf(!hasGo)('HashiCorp’s Go client', () => {
  it('lists instances and follows changes', { timeout: 120_000 }, async () => {
    const cwd = fileURLToPath(new URL('go-consul/', import.meta.url));
    // Built first, because ending `go run` would leave its child running.
    const program = scratch.file('go-consul', '');
    const build = spawn('go', ['build', '-o', program, '.'], { cwd, stdio: 'inherit' });
    expect(await new Promise((resolve) => build.once('close', resolve))).toBe(0);

    const client = spawn(program, ['orders'], {
      env: { CONSUL_HTTP_ADDR: `127.0.0.1:${port}` },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    cleanups.push(async () => {
      client.kill();
      await once(client, 'close');
    });
    const answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => JSON.parse(String((await answers.next()).value));

    expect(await next()).toMatchObject({
      services: { orders: [] },
      instances: [{ ServiceID: 'a', ServiceAddress: '10.0.0.1', ServicePort: 3000 }],
      leader: `127.0.0.1:${port}`,
      node: 'rollcall',
      meta: { KnownLeader: true, LastContact: 0 },
    });
    expect(await next()).toMatchObject({ ports: [3000], knownLeader: true, lastContact: 0 });
    table.say('b', { prefix: '/orders', port: 3001 });
    expect(await next()).toMatchObject({ ports: [3000, 3001] });
    table.probed('a', 'refused');
    expect(await next()).toMatchObject({ ports: [3001] });
    table.leave('b');
    expect(await next()).toMatchObject({ ports: [] });
  });
});
