import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine, whyNoEngine } from '../support/engine.ts';
import { Network } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { Mark, Programs } from '../support/processes.ts';

const why = whyNoEngine();

describe.skipIf(why !== undefined)(`engines for tests${why ? ` (skipped: ${why})` : ''}`, () => {
  const network = new Network();
  const programs = new Programs();
  let hosts: [Host, Host];
  let engines: [Engine, Engine];
  beforeAll(async () => {
    hosts = [await network.host(), await network.host()];
    engines = [await Engine.start(hosts[0]), await Engine.start(hosts[1])];
    await Promise.all(engines.map((engine) => engine.importBusybox()));
  });
  afterAll(async () => {
    await programs.endAll();
    await Promise.all(engines.map((engine) => engine.end()));
    await network.end();
  });

  it('a published port is reached from a container of another host, and from the hosts', async () => {
    const [one, other] = engines;
    const serve = 'hostname > index.html; exec httpd -f';
    const flags = ['--detach', '--hostname', 'there', '--publish', '8080:80'];
    await other.docker(['run', ...flags, 'busybox', 'sh', '-c', serve]);
    const get = ['wget', '-q', '-O-', `http://${hosts[1].address}:8080/`];
    expect(await one.docker(['run', '--rm', 'busybox', ...get])).toBe('there');
    for (const { via } of hosts) {
      const [file = '', ...args] = [...via, 'busybox', ...get];
      const client = programs.file(file, args);
      await client.ended;
      expect(client.output).toBe('there');
    }
  });

  it('an engine ends at once, with its containers and all that it held', async () => {
    const [one] = engines;
    const mark = new Mark();
    const env = Object.entries(mark.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    // It ignores a TERM, as the first process of a container.
    await one.docker(['run', '--detach', ...env, 'busybox', 'sleep', '1000']);
    expect(mark.commands()).toEqual(['sleep 1000']);
    const started = performance.now();
    await one.end();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(mark.commands()).toEqual([]);
    expect(existsSync(dirname(one.socket))).toBe(false);
  });
});
