import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasRedis } from '../support/available.ts';

const MAIN = fileURLToPath(new URL('../../bench/cluster/main.js', import.meta.url));

// Skipped without redis-server (apt-get install redis-server).
describe.runIf(hasRedis)('npm run bench:cluster', () => {
  it('sees that two brokers do right when one is killed', { timeout: 90_000 }, async () => {
    const args = ['--products', 'Rollcall', '--only', 'a node is killed'];
    const bench = spawn(process.execPath, [MAIN, ...args]);
    const printed = Promise.all([text(bench.stdout), text(bench.stderr)]);
    const [code] = (await once(bench, 'close')) as [number];
    const [output, errors] = await printed;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output).toMatch(/^\| a node is killed \| right; announced after \d\.\d s \|$/m);
  });
});
