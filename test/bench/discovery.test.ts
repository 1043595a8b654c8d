import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../bench/discovery/main.js', import.meta.url));

describe('npm run bench:discovery', () => {
  it('completes every part', { timeout: 120_000 }, async () => {
    const bench = spawn(process.execPath, [MAIN, '--quick']);
    const printed = Promise.all([text(bench.stdout), text(bench.stderr)]);
    const [code] = (await once(bench, 'close')) as [number];
    const [output, errors] = await printed;
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    for (const part of [
      'rollcall ',
      'from presence channels',
      '1 gateways, without traffic',
      'p99, with to without',
      'table: us a pick',
      'us to verify',
      'a day with',
    ]) {
      expect(output).toContain(`  ${part}`);
    }
  });
});
