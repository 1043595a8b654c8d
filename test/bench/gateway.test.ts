import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasGatewayBench } from '../support/available.ts';

const MAIN = fileURLToPath(new URL('../../bench/gateway/main.js', import.meta.url));

describe.runIf(hasGatewayBench)('npm run bench:gateway', () => {
  it('completes every part', { timeout: 120_000 }, async () => {
    const bench = spawn(process.execPath, [MAIN, '--quick']);
    const printed = Promise.all([text(bench.stdout), text(bench.stderr)]);
    const [code] = (await once(bench, 'close')) as [number];
    const [output, errors] = await printed;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    for (const part of [
      'small answers',
      'with TLS',
      'by HTTP/2',
      'at ',
      '1 MiB',
      '20 idle connections',
      'routing',
      'filters',
    ]) {
      expect(output).toMatch(new RegExp(`^\\| ${part}.* \\|$`, 'm'));
    }
  });
});
