import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, generateV5 } from '../support/cluster.ts';
import { GENERATE_V5, Load } from '../support/load.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import { startSystem } from '../support/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-reload-'));
const file = join(folder, 'rollcall.json');
const programs = new Programs();
afterEach(async () => {
  await programs.endAll();
  rmSync(file, { force: true });
});

function write(config: unknown): void {
  writeFileSync(file, JSON.stringify(config));
}

describe.each([1, 2])('a gateway with %d workers that reloads its configuration', (workers) => {
  it('fails no request, and uses the new configuration', async () => {
    write({ workers });
    const { env, gateway, url } = await startSystem(programs, ['--config', file]);
    programs.node(PROGRAMS.idV5, [], { ...env, PORT: '0' });
    await gateway.line(/route registered .*\/v1/);

    const load = new Load(url, [GENERATE_V5], { connections: 8 });
    for (let time = 0; time < 20; time++) {
      write({ workers, balancing: { policy: time % 2 === 0 ? 'latency' : 'hash' } });
      const read = gateway.nextLine(/reloaded configuration/);
      gateway.kill('SIGHUP');
      await read;
      const { answered } = load;
      await expect.poll(() => load.answered - answered).toBeGreaterThan(8);
    }
    await load.stop();
    expect(load.failures).toEqual([]);

    write({ workers, routes: { '/v1': { limits: { bodyBytes: 4 } } } });
    const read = gateway.nextLine(/reloaded configuration/);
    gateway.kill('SIGHUP');
    await read;
    await expect.poll(async () => (await generateV5(url)).status).toBe(413);
  });

  it('keeps its configuration if the file is invalid, and reports settings that need a restart', async () => {
    write({ workers, domain: '*' });
    const { gateway, url } = await startSystem(programs, ['--config', file]);
    const wrong = gateway.nextLine(
      /cannot reload configuration reason=.*unknown key `domian`: did you mean `domain`\?/,
    );
    write({ workers, domian: 'example.com' });
    // Found by looking at the file, without a signal.
    await wrong;
    expect((await ask(url)).status).toBe(404);

    const waits = gateway.nextLine(
      /reloaded configuration, in part file=\S+ needRestart=.*workers/,
    );
    write({ workers: workers + 1, domain: 'example.com' });
    await waits;
    await expect.poll(async () => (await ask(url)).body).toMatch(/unknown-host/);
  });
});
