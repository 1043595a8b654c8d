import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasGatewayBench } from '../support/available.ts';

const MAIN = fileURLToPath(new URL('../../bench/gateway/main.js', import.meta.url));

describe.runIf(hasGatewayBench)('npm run bench:gateway', () => {
  it('completes every part', { timeout: 240_000 }, async () => {
    const bench = spawn(process.execPath, [MAIN, '--quick']);
    const printed = Promise.all([text(bench.stdout), text(bench.stderr)]);
    const [code] = (await once(bench, 'close')) as [number];
    const [output, errors] = await printed;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    for (const part of [
      'work ',
      'WebSocket messages of 128 bytes ',
      'gRPC, unary calls ',
      'relay ',
      'at ',
      '20 more idle connections ',
      'two, by the CPU time of a request ',
      'routing ',
      'prefixes ',
      'filters ',
    ]) {
      expect(output).toMatch(new RegExp(`^\\| ${part}.* \\|$`, 'm'));
    }
  });
});
