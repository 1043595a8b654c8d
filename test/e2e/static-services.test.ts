import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { ConfigFile, curl } from '../support/config-file.ts';
import { freePort } from '../support/free-port.js';
import { httpServer } from '../support/http-server.ts';
import type { RunningProgram } from '../support/processes.ts';

let config: ConfigFile;
let cluster: Cluster;
let servers: { close(): unknown }[];
beforeEach(async () => {
  servers = [];
  config = new ConfigFile();
  cluster = await Cluster.start();
});
afterEach(async () => {
  for (const server of servers) server.close();
  await cluster.end();
  config.remove();
});

/** A server that responds with its name and the path. */
async function serverNamed(name: string): Promise<number> {
  const server = await httpServer((request, response) => response.end(`${name} ${request.url}`));
  servers.push(server);
  return server.port;
}

/** Returns the different responses to some requests. */
async function answers(gateway: RunningGateway, path: string, times = 12): Promise<Set<string>> {
  const found = new Set<string>();
  for (let time = 0; time < times; time++) found.add(await curl(gateway, 'localhost', path));
  return found;
}

const at = (port: number): string => `http://127.0.0.1:${port}`;

describe.each([1, 2])('services of the configuration of a gateway with %d workers', (workers) => {
  it('count among announced instances, and come and go without a failed request', async () => {
    const [announced, fixed, named] = [
      await serverNamed('announced'),
      await serverNamed('fixed'),
      await serverNamed('named'),
    ];
    const service = (...urls: string[]) => ({
      workers,
      services: { '/db': { instances: urls.map((url) => ({ url })) } },
    });
    const gateway = await config.start(cluster, service(at(fixed)));
    expect(await answers(gateway, '/db/x', 3)).toEqual(new Set(['fixed /x']));
    await cluster.publish('register', { prefix: '/db', address: '127.0.0.1', port: announced });
    await expect
      .poll(() => answers(gateway, '/db/x'))
      .toEqual(new Set(['announced /x', 'fixed /x']));

    let isOver = false;
    const bodies = new Set<string>();
    const load = (async () => {
      while (!isOver) bodies.add(await curl(gateway, 'localhost', '/db/x'));
    })();
    await config.reload(gateway, service(`http://localhost:${named}`));
    await expect
      .poll(() => answers(gateway, '/db/x'))
      .toEqual(new Set(['announced /x', 'named /x']));
    await config.reload(gateway, { workers });
    await expect.poll(() => answers(gateway, '/db/x')).toEqual(new Set(['announced /x']));
    isOver = true;
    await load;
    const known = new Set(['announced /x', 'fixed /x', 'named /x']);
    expect([...bodies].filter((body) => !known.has(body))).toEqual([]);
  });
});

describe('a service of the configuration', () => {
  it('is explained with where it comes from, and not used where the gateway itself listens', async () => {
    const [port, own] = [await serverNamed('db'), await freePort()];
    const instances = [{ url: at(port), version: '1.4', zone: 'a' }, { url: at(own) }];
    const gateway = await config.start(cluster, {
      adminPort: own,
      services: { '/db': { instances } },
    });
    await gateway.program.line(/refused an upstream .*admin API/);
    const program = cluster.cli(['explain', '/db/x', '--admin', gateway.adminUrl]);
    await program.ended;
    const shown = program.output;
    expect(shown).toContain('/db/x goes to 1 of 1 instances of /db');
    expect(shown).toContain(`receives traffic, version 1.4  ${at(port)}`);
    expect(shown).toContain('announced by services of the configuration');
  });

  it('is in the catalog, as one that is announced', async () => {
    const port = await serverNamed('db');
    const gateway = await config.start(cluster, {
      services: { '/db': { instances: [{ url: at(port) }] } },
    });
    const response = await fetch(`${gateway.adminUrl}/sd/prometheus`);
    expect(await response.json()).toMatchObject([{ targets: [`127.0.0.1:${port}`] }]);
  });
});

function announce(port: number, ...options: string[]): RunningProgram {
  return cluster.cli(['announce', '--prefix', '/db', '--port', String(port), ...options]);
}

describe('rollcall announce', () => {
  it('keeps something announced, and leaves on SIGTERM', async () => {
    const gateway = await cluster.gateway();
    const port = await serverNamed('db');
    const program = announce(port, '--address', '127.0.0.1', '--weight', '5', '--no-strip');
    await program.line(/INFO  registered prefix=\/db address=127\.0\.0\.1/);
    await gateway.program.line(/route registered .*\/db/);
    expect(await curl(gateway, 'localhost', '/db/x')).toBe('db /db/x');
    const { instances } = (await (await fetch(`${gateway.adminUrl}/api/instances`)).json()) as {
      instances: { key: string; announcement: { source?: string; weight?: number } }[];
    };
    expect(instances[0]).toMatchObject({
      key: expect.stringMatching(/^announce-/),
      announcement: { weight: 5, source: expect.stringMatching(/^rollcall announce on /) },
    });
    program.kill('SIGTERM');
    await gateway.program.line(/route unregistered .*\/db/);
    expect((await program.ended).code).toBe(0);
  });

  it('refuses a name, of which observers would not know the address', async () => {
    const program = announce(5432, '--address', 'db.internal');
    expect((await program.ended).code).toBe(2);
    expect(program.output).toContain('cannot announce the name "db.internal": give its IP address');
  });

  it('needs an address', async () => {
    expect((await announce(5432).ended).code).toBe(2);
  });

  it('waits for a broker, or ends with 4 if that is asked for', async () => {
    const port = String(await freePort());
    const args = ['announce', '--prefix', '/db', '--address', '127.0.0.1', '--port', '5432'];
    const away = { PUSHER_PORT: port };
    expect((await cluster.cli([...args, '--require-broker'], away).ended).code).toBe(4);
    const program = cluster.cli(args, away);
    await program.line(/not registered yet, retrying/);
    program.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });
});
